"""A cluster that an operation acts on: found by its stack, or by name; and how what goes wrong is told."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import typer
from rich.console import Console

from tripod.cli.errors import BROKEN, REFUSED, explained, print_json
from tripod.cli.output.operations import print_refusals, refusals_json
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.inventory import ClusterInventory
from tripod.operations.remote import COMMAND_SECONDS, Ran, Remote, RemoteError
from tripod.operations.ssm import SsmRemote
from tripod.operations.upgrade.plan import Versions
from tripod.stack.aws_clients import Clients
from tripod.stack.project import Project, ProjectError, StackConfig, find_project, read_stack
from tripod.supply.versions import ETCD, KUBERNETES


class NoRemote:
    """Stands for the instances of an emulated AWS, which are entries in its memory: nothing runs on them."""

    def run(
        self,
        instance: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,  # noqa: ARG002
        seconds: int = COMMAND_SECONDS,  # noqa: ARG002
    ) -> Ran:
        """Say so.

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

    def account(self) -> ClusterInventory:
        """The cluster in AWS, read anew."""
        return ClusterInventory(self.clients, self.config.region, self.name)

    def client(self, service: str) -> Any:
        """A client in the cluster's region."""
        return self.clients.client(service, self.config.region)

    def remote(self) -> Remote:
        """What reaches the cluster's instances. It needs no way to the API, and none into the VPC."""
        if self.config.endpoint is not None:
            return NoRemote()
        return SsmRemote(self.client("ssm"))

    def section(self, name: str) -> dict[str, Any]:
        """A section of the stack file; empty where there is none."""
        found: Any = self.config.get(f"{self.project.name}:{name}")
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def versions(self) -> Versions:
        """The versions that the stack file says."""
        found = self.section("versions")
        kubernetes = str(found.get("kubernetes") or KUBERNETES)
        return Versions(kubernetes, str(found.get("workers") or kubernetes), str(found.get("etcd") or ETCD))


def open_cluster(stack: str, cluster: str = "") -> ClusterTarget:
    """The cluster of a stack of the nearest project.

    Args:
        stack: the stack's name.
        cluster: the cluster's name, where the stack file does not say it, or another is meant.

    Raises:
        ProjectError: there is no such stack, it names no cluster, or the credentials are not for its account.
    """
    project = find_project(Path.cwd())
    config = read_stack(project, stack)
    clients = Clients(config.endpoint, None if config.endpoint else config.get("aws:profile"))
    section: Any = config.get(f"{project.name}:cluster")
    written = cast("dict[str, Any]", section).get("name") if isinstance(section, dict) else None
    if not (name := cluster or str(written or "")):
        raise ProjectError(f"the stack has no {project.name}:cluster.name: `--cluster NAME` says which is meant")
    _refuse_other_accounts(config, clients)
    return ClusterTarget(project, config, clients, name)


def _refuse_other_accounts(config: StackConfig, clients: Clients) -> None:
    """What the AWS provider would refuse is refused here too.

    Raises:
        ProjectError: the credentials are of another account than the stack allows.
    """
    allowed: Any = config.get("aws:allowedAccountIds")
    if not isinstance(allowed, list):
        return
    account = str(clients.client("sts", config.region).get_caller_identity()["Account"])
    listed = [str(one) for one in cast("list[Any]", allowed)]
    if account not in listed:
        raise ProjectError(
            f"these credentials are for account {account}; aws:allowedAccountIds has {', '.join(listed)}"
        )


@contextmanager
def operation_errors(stack: str, *, as_json: bool) -> Generator[None]:
    """Turn what stops an operation into an explanation and an exit code."""
    with explained(as_json=as_json, source=f"Pulumi.{stack}.yaml"):
        try:
            yield
        except RefusedError as error:
            if as_json:
                print_json({"refusals": refusals_json(error.refusals)})
            else:
                print_refusals(Console(stderr=True), error.refusals)
            raise typer.Exit(REFUSED) from None
        except OperationError as error:
            Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(BROKEN) from None
