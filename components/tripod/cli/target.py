"""The cluster that an operation acts on, found by its stack or by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from tripod.core.json_types import JsonObject
from tripod.operations.inventory import ClusterInventory
from tripod.operations.remote import COMMAND_SECONDS, CommandResult, Remote, RemoteError
from tripod.operations.ssm import SsmRemote
from tripod.operations.upgrade.plan import Versions
from tripod.stack.aws_clients import Boto3Client, Clients
from tripod.stack.project import Project, ProjectError, StackConfig, find_project, read_stack
from tripod.supply.versions import ETCD, KUBERNETES


class NoRemote:
    """The instances of an emulated AWS, which are entries in its memory: nothing runs on them."""

    def run(
        self,
        instance: str,
        command: str,
        arguments: Mapping[str, object] | None = None,  # noqa: ARG002
        seconds: int = COMMAND_SECONDS,  # noqa: ARG002
    ) -> CommandResult:
        """Refuse to run a command.

        Raises:
            RemoteError: always.
        """
        raise RemoteError(f"{instance} is emulated: no agent runs there that could do `{command}`")


@dataclass(frozen=True)
class ClusterTarget:
    """A cluster.

    Attributes:
        project: the project.
        config: its stack's configuration.
        clients: clients of the account.
        name: the cluster's name.
    """

    project: Project
    config: StackConfig
    clients: Clients
    name: str

    def inventory(self) -> ClusterInventory:
        """The cluster in AWS, read anew."""
        return ClusterInventory(self.clients, self.config.region, self.name)

    def client(self, service: str) -> Boto3Client:
        """A client in the cluster's region."""
        return self.clients.client(service, self.config.region)

    def remote(self) -> Remote:
        """Run Command on the cluster's instances. It needs no access to the API, nor to the VPC."""
        if self.config.endpoint is not None:
            return NoRemote()
        return SsmRemote(self.client("ssm"))

    def section(self, name: str) -> JsonObject:
        """A section of the stack file; empty if it has none."""
        found: object = self.config.get(f"{self.project.name}:{name}")
        return cast("JsonObject", found) if isinstance(found, dict) else {}

    def versions(self) -> Versions:
        """The versions in the stack file, or the defaults."""
        found = self.section("versions")
        kubernetes = str(found.get("kubernetes") or KUBERNETES)
        return Versions(kubernetes, str(found.get("workers") or kubernetes), str(found.get("etcd") or ETCD))


def open_cluster(stack: str, cluster: str = "") -> ClusterTarget:
    """The cluster of a stack of the nearest project.

    Args:
        stack: the stack's name.
        cluster: the cluster's name, if it is not the one in the stack file.

    Raises:
        ProjectError: there is no such stack, it names no cluster, or the credentials are not for its account.
    """
    project = find_project(Path.cwd())
    config = read_stack(project, stack)
    clients = Clients(config.endpoint, None if config.endpoint else config.get("aws:profile"))
    target = ClusterTarget(project, config, clients, cluster)
    name = cluster or str(target.section("cluster").get("name") or "")
    if not name:
        raise ProjectError(f"the stack has no {project.name}:cluster.name: `--cluster NAME` says which is meant")
    _refuse_other_accounts(config, clients)
    return replace(target, name=name)


def _refuse_other_accounts(config: StackConfig, clients: Clients) -> None:
    """Refuse credentials that the AWS provider would refuse.

    Raises:
        ProjectError: the credentials are of another account than the stack allows.
    """
    allowed: object = config.get("aws:allowedAccountIds")
    if not isinstance(allowed, list):
        return
    account = str(clients.client("sts", config.region).get_caller_identity()["Account"])
    listed = [str(one) for one in cast("list[object]", allowed)]
    if account not in listed:
        raise ProjectError(
            f"these credentials are for account {account}; aws:allowedAccountIds has {', '.join(listed)}"
        )
