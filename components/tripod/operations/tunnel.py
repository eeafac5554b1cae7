"""A tunnel to a private API from an operator's machine, through Session Manager: no open port, no bastion, no SSH."""

import json
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from tripod.control_plane.spec import AccessSpec
from tripod.core.json_types import JsonMapping
from tripod.operations.errors import OperationError
from tripod.operations.fleet import CONTROL_PLANE
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, target_reasons
from tripod.security.ports import API_SERVER

PROGRAMS = ("aws", "session-manager-plugin")
"""Programs that a tunnel needs on the operator's machine."""


@dataclass(frozen=True)
class Tunnel:
    """A tunnel to one control-plane node's API server.

    Attributes:
        node: the node.
        port: the port on the operator's machine.
        region: the cluster's region.
        profile: the profile with the credentials; None for those of the environment.
    """

    node: str
    port: int
    region: str
    profile: str | None = None

    @property
    def command(self) -> list[str]:
        """The command that opens it, and runs until it is interrupted."""
        ports = {"portNumber": [str(API_SERVER)], "localPortNumber": [str(self.port)]}
        return [
            *("aws", "ssm", "start-session", "--region", self.region),
            *(("--profile", self.profile) if self.profile else ()),
            *("--target", self.node, "--document-name", "AWS-StartPortForwardingSession"),
            *("--parameters", json.dumps(ports)),
        ]

    @property
    def command_line(self) -> str:
        """The command as a shell line."""
        return shlex.join(self.command)


def tunnel_port(access: JsonMapping) -> int:
    """The port on the operator's machine, from the stack file's section, or the default."""
    return int(access.get("tunnelPort") or AccessSpec().tunnel_port)


def healthy_node(inventory: ClusterInventory) -> str:
    """A control-plane node whose API server is ready, by the load balancer's check.

    Raises:
        OperationError: none is.
    """
    fleet = fleet_of(inventory)
    serving = [node.instance for node in fleet.nodes if node.in_service and fleet.role(node) == CONTROL_PLANE]
    unhealthy = dict(target_reasons(inventory, serving))
    well = [node for node in serving if node not in unhealthy]
    if not well:
        said = "; ".join(f"{node}: {reason}" for node, reason in unhealthy.items()) or "none is in service"
        raise OperationError(f"no API server is ready ({said}): `tripod verify` says more")
    return well[0]


def missing_programs(programs: Sequence[str] = PROGRAMS) -> list[str]:
    """Programs that a tunnel needs and that are not on PATH."""
    return [name for name in programs if shutil.which(name) is None]
