"""Observation of a cluster: its instances in AWS, their health by AWS and by their agents."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.operations.etcd_health import STATUS, EtcdHealth, MemberView, assess, member_view
from tripod.operations.fleet import CONTROL_PLANE, ETCD, ORDER, WORKERS, Fleet, InstanceGroup, Node, with_health
from tripod.operations.inventory import ClusterInventory, Described, member_of, role_of, template_reference
from tripod.operations.remote import Remote, RemoteError, ask, ask_any

NODES = "nodes"
"""The agent's command on a control-plane node: the Node objects of some instances."""

_AT_ONCE = 200
"""Nodes in one request: the answer must fit into what SSM returns."""


class HealthSource(Protocol):
    """Source of the health of instances."""

    def etcd(self, members: Mapping[str, str]) -> EtcdHealth:
        """Health of etcd, by its members: member → instance."""
        ...

    def unhealthy(self, fleet: Fleet) -> Mapping[str, str]:
        """Instance → reason, of unhealthy control-plane nodes and workers."""
        ...


def observe(inventory: ClusterInventory, health: HealthSource) -> Fleet:
    """Observe a cluster.

    Args:
        inventory: the cluster in AWS, not yet read: an inventory caches its answers.
        health: the source of their health.
    """
    fleet = fleet_of(inventory)
    # A member that is on its way is not asked: it is refused for that already.
    serving = {
        group.member: node.instance
        for group in fleet.of_role(ETCD)
        for node in fleet.of_group(group.name)
        if node.in_service
    }
    found = health.etcd(serving)
    fleet = replace(fleet, leader=found.leader, etcd_unhealthy=found.cluster_reason)
    unhealthy = {serving[member]: reason for member, reason in found.unhealthy.items() if member in serving}
    return with_health(fleet, {**unhealthy, **health.unhealthy(fleet)})


def fleet_of(inventory: ClusterInventory) -> Fleet:
    """A cluster's instances as AWS has them, without their health."""
    described = [group for group in inventory.scaling_groups if role_of(group) in ORDER]
    launched = {one["InstanceId"]: one["LaunchTime"] for one in inventory.instances}
    groups = tuple(
        InstanceGroup(
            group["AutoScalingGroupName"],
            role_of(group),
            member_of(group) if role_of(group) == ETCD else "",
            group["DesiredCapacity"],
            _wanted_template(inventory, group),
            frozenset(process["ProcessName"] for process in group.get("SuspendedProcesses", [])),
        )
        for group in described
    )
    nodes = tuple(
        Node(
            one["InstanceId"],
            group["AutoScalingGroupName"],
            one["AvailabilityZone"],
            one["LifecycleState"],
            launched[one["InstanceId"]],
            _template_name(one.get("LaunchTemplate", {})),
        )
        for group in described
        for one in group["Instances"]
        # What is gone is listed for some moments more.
        if one["InstanceId"] in launched
    )
    return Fleet(groups, nodes, tuple(inventory.topology["members"]), "", datetime.now(UTC))


def _template_name(reference: Described) -> str:
    return f"{reference.get('LaunchTemplateId', 'no template')} {reference.get('Version', '')}".strip()


def _wanted_template(inventory: ClusterInventory, group: Described) -> str:
    """The template and version, as a number, that a group launches."""
    reference = template_reference(group)
    if str(reference.get("Version", "")).startswith("$"):
        return _template_name({**reference, "Version": inventory.template_version(reference)["VersionNumber"]})
    return _template_name(reference)


@dataclass(frozen=True)
class ClusterHealth:
    """Health by the load balancer's checks and by what agents answer.

    Attributes:
        inventory: makes an inventory without cached answers.
        remote: reaches the instances.
    """

    inventory: Callable[[], ClusterInventory]
    remote: Remote

    def etcd(self, members: Mapping[str, str]) -> EtcdHealth:
        """Health of etcd, by the answer of each member."""
        return assess(member_views(self.remote, members))

    def unhealthy(self, fleet: Fleet) -> Mapping[str, str]:
        """Control-plane nodes that a load balancer finds unhealthy; instances whose node is missing or not ready."""
        inventory = self.inventory()
        serving = [node.instance for group in fleet.of_role(CONTROL_PLANE) for node in _serving(fleet, group)]
        asked = [*serving, *(node.instance for group in fleet.of_role(WORKERS) for node in _serving(fleet, group))]
        try:
            nodes = registered_nodes(self.remote, serving, asked)
        except RemoteError:
            # Reported as a reason, so that other faults are reported too.
            return dict.fromkeys(asked, "no control-plane node answers, so that the state of its node is unknown")
        return {**dict(_node_reasons(asked, nodes)), **dict(target_reasons(inventory, serving))}


def _serving(fleet: Fleet, group: InstanceGroup) -> list[Node]:
    return [node for node in fleet.of_group(group.name) if node.in_service]


def member_views(remote: Remote, members: Mapping[str, str]) -> list[tuple[str, MemberView | str]]:
    """Member → its answer, or the reason for which there is none; one after another.

    Args:
        remote: reaches the members.
        members: member → instance.
    """
    views: list[tuple[str, MemberView | str]] = []
    for member, instance in sorted(members.items()):
        try:
            views.append((member, member_view(ask(remote, instance, STATUS))))
        except RemoteError as error:
            views.append((member, str(error)))
    return views


def registered_nodes(remote: Remote, control_plane: Sequence[str], asked: Sequence[str]) -> JsonObject:
    """Instance → its node, of those that have registered: ready, and the kubelet's version.

    Raises:
        RemoteError: no control-plane node answers.
    """
    nodes: JsonObject = {}
    for start in range(0, len(asked), _AT_ONCE):
        batch = list(asked[start : start + _AT_ONCE])
        nodes |= ask_any(remote, control_plane, NODES, {"instances": batch}).get("nodes", {})
    return nodes


def _node_reasons(asked: Sequence[str], nodes: JsonMapping) -> Iterator[tuple[str, str]]:
    """Unhealthy nodes, with reasons. Before there is a CNI none is ready, and that is no reason."""
    any_ready = any(node.get("ready") for node in nodes.values())
    for instance in asked:
        if instance not in nodes:
            yield instance, "it has not registered as a node"
        elif any_ready and not nodes[instance].get("ready"):
            yield instance, "its node is not ready"


def target_reasons(inventory: ClusterInventory, serving: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Control-plane nodes without traffic, with reasons, by the load balancers' own checks."""
    arns = sorted({arn for group in inventory.scaling_groups_of(CONTROL_PLANE) for arn in group["TargetGroupARNs"]})
    for arn in arns:
        found = inventory.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        health = {one["Target"]["Id"]: one["TargetHealth"] for one in found}
        for instance in serving:
            state = health.get(instance, {"State": "not registered"})
            if state["State"] != "healthy":
                yield instance, f"target group {arn.split('/')[-2]}: {state['State']} {state.get('Reason', '')}".strip()


def terminate(inventory: ClusterInventory, instance: str) -> None:
    """Have an instance replaced by its group."""
    inventory.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=False
    )
