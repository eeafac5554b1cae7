"""The members of a rehearsed stack, configured by its resources, on instances with real etcd."""

import io
import json
import re
import shutil
from base64 import b64decode
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.account.rehearsed import Copy
from support.agent.instance import KnownMetadata
from support.controlplane.etcd_agent import RunningMember
from support.controlplane.instances.host import Volume
from support.controlplane.instances.instance import Instance
from support.controlplane.kubernetes_agent import FAKED_PHASES, ControlPlaneHost
from support.controlplane.network import VPC
from support.controlplane.nodes import ControlPlaneNode
from tripod.bootstrap.agent import __main__ as command
from tripod.bootstrap.agent.aws.client import AwsClient
from tripod.bootstrap.agent.control_plane.role import PHASES
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.agent.core.phases import run_phases
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from tripod.bootstrap.agent.host.host import Host
from tripod.bootstrap.agent.instance.config import InstanceConfig, load_config
from tripod.bootstrap.agent.instance.context import Agent, bucket_of
from tripod.bootstrap.agent.node.kubectl import Kubectl, own_api
from tripod.operations.inventory import tags_of
from tripod.operations.remote import COMMAND_SECONDS, CommandResult, RemoteError


class StackMember(RunningMember):
    """A member of a stack."""

    def __init__(self, copy: Copy, group: Mapping[str, Any], folder: Path, programs: Path) -> None:
        """Start the instance of a member.

        Args:
            copy: the account.
            group: the member's auto-scaling group.
            folder: where its volume and logs are.
            programs: etcd's.
        """
        self.id = group["Instances"][0]["InstanceId"]
        described = copy.ec2.describe_instances(InstanceIds=[self.id])["Reservations"][0]["Instances"][0]
        super().__init__(tags_of(group)["tripod:member"], IPv4Address(described["PrivateIpAddress"]), folder, programs)
        self._copy = copy
        self.zone = described["Placement"]["AvailabilityZone"]
        self.start_instance(self.id, self._volume())
        write_documents(copy, group, self.host)

    def _volume(self) -> Volume:
        filters = [{"Name": "tag:tripod:member", "Values": [self.name]}]
        (volume,) = self._copy.ec2.describe_volumes(Filters=filters)["Volumes"]
        place = self.folder / volume["VolumeId"]
        place.mkdir()
        return Volume(place, volume["VolumeId"])

    def config(self) -> InstanceConfig:
        return load_config(self.host)

    def cloud(self, retry_policy: RetryPolicy) -> AwsClient:
        return AwsClient(self._copy.region, self.lines.append, self._copy.address, retry_policy)

    def wipe(self) -> None:
        """Lose what is on the volume, while etcd does not run."""
        self.etcd.kill()
        self.instance.run("umount", "/var/lib/etcd")
        self.host.volume.formatted = False
        shutil.rmtree(self.host.volume.folder)
        self.host.volume.folder.mkdir()

    def command(self, name: str, arguments: Mapping[str, Any] | None = None, seconds: float = 60) -> CommandResult:
        """Run a command of its agent, as systemd and SSM do."""
        return run_command(self.agent(seconds), self.lines, name, arguments)


def run_command(agent: Agent, lines: list[str], name: str, arguments: Mapping[str, Any] | None) -> CommandResult:
    """Run a command of an agent that logs to these lines."""
    output, error = io.StringIO(), io.StringIO()
    with (
        patch.dict("os.environ", {ARGUMENTS: json.dumps(arguments or {})}),
        patch.object(command, "open_agent", return_value=agent),
        redirect_stdout(output),
        redirect_stderr(error),
    ):
        code = command.main([name])
    # The agent of this test tells nobody: what it would say is the command's outcome.
    said = "".join(f"tripod: {line}\n" for line in lines[-1:]) if code == 0 else ""
    return CommandResult(code, output.getvalue() + said, error.getvalue())


def write_documents(copy: Copy, group: Mapping[str, Any], host: Host) -> None:
    """Do what the stub in the user data does, but for the agent, which is this process'."""
    found = re.search(r'json\.loads\(r"""(.*?)"""\)', _user_data(copy, group))
    assert found
    boot = json.loads(found[1])
    stored = copy.client("s3").get_object(Bucket=bucket_of(boot["payload"]), Key=boot["document"])
    host.write(f"{HOME}/boot.json", found[1])
    host.write(f"{HOME}/document.json", stored["Body"].read().decode())


def _user_data(copy: Copy, group: Mapping[str, Any]) -> str:
    reference = group["LaunchTemplate"]
    (version,) = copy.ec2.describe_launch_template_versions(
        LaunchTemplateId=reference["LaunchTemplateId"], Versions=[reference["Version"]]
    )["LaunchTemplateVersions"]
    return b64decode(version["LaunchTemplateData"]["UserData"]).decode()


class StackServer:
    """A control-plane node of a stack, which the agent boots.

    Attributes:
        host: its files and commands.
        id: its instance's id.
        lines: what its agent logged.
    """

    def __init__(self, copy: Copy, folder: Path, programs: Path) -> None:
        """Start its instance.

        Args:
            copy: the account.
            folder: where its logs are.
            programs: the servers'.
        """
        groups = copy.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        group = next(one for one in groups if tags_of(one).get("tripod:role") == "control-plane" and one["Instances"])
        self.id, self.lines = group["Instances"][0]["InstanceId"], list[str]()
        described = copy.ec2.describe_instances(InstanceIds=[self.id])["Reservations"][0]["Instances"][0]
        instance = Instance(self.id, IPv4Address(described["PrivateIpAddress"]), VPC, folder, programs)
        # Who asks for a name learns at once that nobody knows it.
        instance.write({"/etc/resolv.conf": "nameserver 127.0.0.1\n"}, 0o644)
        self.host = ControlPlaneHost(instance.root, instance=instance, node=ControlPlaneNode(instance))
        write_documents(copy, group, self.host)
        retry = RetryPolicy(60, first=0.1, longest=1)
        self._agent = Agent(
            self.host,
            load_config(self.host),
            AwsClient(copy.region, self.lines.append, copy.address, retry),
            KnownMetadata(
                entries={
                    "meta-data/instance-id": self.id,
                    "meta-data/placement/availability-zone": described["Placement"]["AvailabilityZone"],
                    "meta-data/local-ipv4": described["PrivateIpAddress"],
                }
            ),
            self.lines.append,
            retry,
        )

    def boot(self) -> None:
        """Run the role's phases, as at a power-on."""
        run_phases([phase for phase in PHASES if phase.name not in FAKED_PHASES], self._agent, self.lines.append)

    def command(self, name: str, arguments: Mapping[str, Any] | None = None) -> CommandResult:
        """Run a command of its agent, as SSM does."""
        return run_command(self._agent, self.lines, name, arguments)

    @property
    def api(self) -> Kubectl:
        """Its API server, as an administrator."""
        return own_api(self._agent)


@contextmanager
def stack_members(copy: Copy, folder: Path, programs: Path) -> Generator[list[StackMember]]:
    """The members of a stack, while a block runs; none is booted."""
    groups = copy.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    made: list[StackMember] = []
    with ExitStack() as stack:
        for group in groups:
            if tags_of(group).get("tripod:member"):
                made.append(StackMember(copy, group, folder, programs))
                stack.callback(made[-1].instance.terminate)
        yield sorted(made, key=lambda member: member.name)


@dataclass
class Members:
    """Runs the agent's commands on members; API servers are faked, or all are the one that there is.

    Attributes:
        members: the members.
        server: a control-plane node with a real API server.
        ran: command and instance, in their order.
        broken: command and instance that fail from now on.
    """

    members: list[StackMember]
    ran: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    broken: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    server: StackServer | None = None

    def run(
        self, instance: str, command: str, arguments: Mapping[str, Any] | None = None, seconds: int = COMMAND_SECONDS
    ) -> CommandResult:
        self.ran.append((command, instance))
        if (command, instance) in self.broken:
            raise RemoteError(f"{instance}: `agent {command}`: SSM says Cancelled")
        for member in self.members:
            if member.id == instance:
                return member.command(command, arguments, min(seconds, 60))
        if self.server:
            return self.server.command(command, arguments)
        return CommandResult(0, f"tripod: {command}: {{}}\n")

    def order(self) -> list[str]:
        """The commands that were run, each where it follows another."""
        return [name for index, (name, _) in enumerate(self.ran) if index == 0 or self.ran[index - 1][0] != name]
