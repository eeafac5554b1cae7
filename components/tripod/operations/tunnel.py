"""The node and the port of an operator's tunnel to a private API."""

from tripod.control_plane.spec import AccessSpec
from tripod.core.json_types import JsonMapping
from tripod.operations.errors import OperationError
from tripod.operations.fleet import CONTROL_PLANE
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, target_reasons


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
