"""A cluster's instances as operations use them: their zones, templates and health."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tripod.core.text import count_of
from tripod.operations.errors import Refusal

ETCD, CONTROL_PLANE, WORKERS = "etcd", "control-plane", "workers"

ORDER = (ETCD, CONTROL_PLANE, WORKERS)
"""The order in which roles are changed: those that others depend on come first."""

BOOT_TIME = timedelta(minutes=15)
"""The time in which an instance becomes healthy. An older one does not become so by waiting."""

_NEEDED_PROCESSES = {"Launch", "Terminate"}


@dataclass(frozen=True)
class InstanceGroup:
    """An auto-scaling group.

    Attributes:
        name: its name.
        role: the role of its instances.
        member: its member of etcd; empty for other roles.
        size: its desired number of instances.
        template: the launch template and version that it launches.
        suspended: its suspended processes.
    """

    name: str
    role: str
    member: str
    size: int
    template: str
    suspended: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Node:
    """An instance.

    Attributes:
        instance: its id.
        group: its group's name.
        zone: its zone.
        state: its lifecycle state: InService, Pending, Terminating:Wait and so on.
        launched: when it was launched.
        template: the launch template and version that it was launched from.
        unhealthy: the reason if it is unhealthy; else empty.
    """

    instance: str
    group: str
    zone: str
    state: str
    launched: datetime
    template: str
    unhealthy: str = ""

    @property
    def in_service(self) -> bool:
        """True if its group counts it."""
        return self.state == "InService"

    @property
    def in_transition(self) -> bool:
        """True if it is being launched or terminated."""
        return self.state.startswith(("Pending", "Terminating"))


@dataclass(frozen=True)
class Fleet:
    """All of a cluster's instances.

    Attributes:
        groups: its groups.
        nodes: their instances.
        members: the members that etcd is to have.
        leader: the leading member; empty if unknown.
        now: the time of the observation.
        etcd_unhealthy: the fault of etcd as a whole; empty if there is none.
    """

    groups: tuple[InstanceGroup, ...]
    nodes: tuple[Node, ...]
    members: tuple[str, ...]
    leader: str
    now: datetime
    etcd_unhealthy: str = ""

    def group(self, name: str) -> InstanceGroup:
        """A group by its name."""
        return next(group for group in self.groups if group.name == name)

    def role(self, node: Node) -> str:
        """The role of an instance."""
        return self.group(node.group).role

    def leads(self, node: Node) -> bool:
        """True if an instance is etcd's leading member."""
        group = self.group(node.group)
        return group.role == ETCD and group.member == self.leader

    def place(self, node: Node) -> tuple[int, bool, str]:
        """The place of an instance in an operation on all: by role, the leading member last, by group."""
        return ORDER.index(self.role(node)), self.leads(node), node.group

    def of_group(self, name: str) -> tuple[Node, ...]:
        """The instances of a group."""
        return tuple(node for node in self.nodes if node.group == name)

    def of_role(self, role: str) -> tuple[InstanceGroup, ...]:
        """The groups of a role."""
        return tuple(group for group in self.groups if group.role == role)


def health_refusals(fleet: Fleet, groups: Collection[str]) -> Iterator[Refusal]:
    """Refuse while anything is unhealthy that the replacement of an instance depends on.

    Args:
        fleet: the instances.
        groups: the groups in which instances are to be replaced. etcd and the control plane count in any case:
            without them no node comes up.
    """
    yield from _member_refusals(fleet)
    for group in sorted(fleet.groups, key=lambda one: (ORDER.index(one.role), one.name)):
        if group.role != WORKERS or group.name in groups:
            yield from _group_refusals(fleet, group)
        suspended = sorted(group.suspended & _NEEDED_PROCESSES)
        if group.name in groups and suspended:
            yield Refusal(
                group.name,
                f"{' and '.join(suspended)} {'is' if len(suspended) == 1 else 'are'} suspended",
                f"`aws autoscaling resume-processes --auto-scaling-group-name {group.name}`: nothing would be replaced",
            )


def _member_refusals(fleet: Fleet) -> Iterator[Refusal]:
    found = [group.member for group in fleet.of_role(ETCD)]
    for member in sorted(set(fleet.members) - set(found)):
        yield Refusal("etcd", f"member {member} of the topology has no group", "run `pulumi up`")
    for member in sorted(set(found) - set(fleet.members)):
        yield Refusal("etcd", f"member {member} is not in the topology", "run `pulumi up`")
    if len(set(found)) < len(found):
        yield Refusal("etcd", "two groups are for one member", "delete the one that is not in the stack's state")
    if fleet.etcd_unhealthy:
        yield Refusal("etcd", fleet.etcd_unhealthy, "see `journalctl -u etcd` on the members")


def _group_refusals(fleet: Fleet, group: InstanceGroup) -> Iterator[Refusal]:
    nodes = fleet.of_group(group.name)
    for node in nodes:
        if node.in_transition:
            yield Refusal(f"{group.name} {node.instance}", f"it is {node.state}", "wait", passing=True)
        elif not node.in_service:
            yield Refusal(f"{group.name} {node.instance}", f"it is {node.state}", "put it back into service")
        elif node.unhealthy:
            yield Refusal(
                f"{group.name} {node.instance}",
                node.unhealthy.removeprefix(node.instance).removeprefix(":").strip(),
                "mend it, or terminate it: its group starts another; never two members of etcd at a time",
                passing=fleet.now - node.launched < BOOT_TIME,
            )
    serving = sum(1 for node in nodes if node.in_service)
    if serving != group.size:
        yield Refusal(
            group.name,
            f"{serving} of {count_of(group.size, 'instance')} in service",
            f"wait; see `aws autoscaling describe-scaling-activities --auto-scaling-group-name {group.name}`",
            passing=True,
        )


def with_health(fleet: Fleet, unhealthy: Mapping[str, str]) -> Fleet:
    """A fleet with the health of its instances: instance → reason if it is unhealthy."""
    nodes = tuple(replace(node, unhealthy=unhealthy.get(node.instance, "")) for node in fleet.nodes)
    return replace(fleet, nodes=nodes)


def members_of(fleet: Fleet) -> dict[str, str]:
    """Member → instance, of those in service."""
    serving = [node for node in fleet.nodes if node.in_service and fleet.role(node) == ETCD]
    return {fleet.group(node.group).member: node.instance for node in serving}
