"""Plan of a roll: the instances to replace, in order, from the observed state alone.

Nothing is stored. What has been replaced runs the newest template, so an interrupted roll is begun again and goes on
where it stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tripod.etcd.quorum import quorum
from tripod.operations.errors import Refusal
from tripod.operations.fleet import CONTROL_PLANE, ETCD, ORDER, Fleet, Node, health_refusals


@dataclass(frozen=True)
class RollOptions:
    """Options of a roll.

    Attributes:
        only: a role or a group's name; empty for all.
        launched_before: instances launched earlier are replaced too, though they run the newest template.
    """

    only: str = ""
    launched_before: datetime | None = None


@dataclass(frozen=True)
class RollStep:
    """One instance that is replaced.

    Attributes:
        node: the instance.
        role: its role.
        member: its member of etcd; empty for others.
        why: the reason to replace it.
        note: a consequence to know of; mostly empty.
    """

    node: Node
    role: str
    member: str
    why: str
    note: str = ""


@dataclass(frozen=True)
class RollPlan:
    """A plan.

    Attributes:
        steps: one instance after another.
        refusals: reasons not to begin it; empty if it may begin.
    """

    steps: tuple[RollStep, ...]
    refusals: tuple[Refusal, ...]


def roll_plan(fleet: Fleet, options: RollOptions) -> RollPlan:
    """Plan a roll: members of etcd, the leader last, then the control plane, then workers, one group after another."""
    if options.only and not any(options.only in (group.role, group.name) for group in fleet.groups):
        names = ", ".join([*ORDER, *sorted(group.name for group in fleet.groups)])
        return RollPlan((), (Refusal("--only", f"there is no {options.only}", f"use one of {names}"),))
    steps = tuple(
        _step(fleet, node, why)
        for node in sorted(fleet.nodes, key=lambda node: (*fleet.place(node), node.launched, node.instance))
        if (why := _reason(fleet, node, options))
    )
    return RollPlan(steps, tuple(_refusals(fleet, steps)))


def _reason(fleet: Fleet, node: Node, options: RollOptions) -> str:
    """The reason to replace an instance; empty if it stays."""
    group = fleet.group(node.group)
    # What goes already is replaced without us.
    if node.state.startswith("Terminating") or options.only not in ("", group.role, group.name):
        return ""
    if node.template != group.template:
        return f"runs {node.template}, the group launches {group.template}"
    if options.launched_before and node.launched < options.launched_before:
        return f"launched {node.launched:%Y-%m-%d %H:%M:%S} UTC"
    return ""


def _step(fleet: Fleet, node: Node, why: str) -> RollStep:
    group = fleet.group(node.group)
    note = ""
    if fleet.leads(node):
        note = "leads: the others elect another"
    if group.role == CONTROL_PLANE and sum(one.size for one in fleet.of_role(CONTROL_PLANE)) == 1:
        note = "the only one: the API is away meanwhile"
    return RollStep(node, group.role, group.member, why, note)


def _refusals(fleet: Fleet, steps: tuple[RollStep, ...]) -> Iterator[Refusal]:
    if not steps:
        return
    yield from health_refusals(fleet, {step.node.group for step in steps})
    if any(step.role == ETCD for step in steps):
        yield from _quorum_refusals(fleet)


def _quorum_refusals(fleet: Fleet) -> Iterator[Refusal]:
    """With one member away, those that are left must agree."""
    count = len(fleet.members)
    well = sum(
        1
        for group in fleet.of_role(ETCD)
        if any(node.in_service and not node.unhealthy for node in fleet.of_group(group.name))
    )
    if well - 1 < quorum(count):
        left = max(well - 1, 0)
        yield Refusal(
            "etcd",
            f"{well} of {count} members are well; with one away {left} are left, and {quorum(count)} must agree",
            "bring the others back first",
            # An unhealthy member is refused for itself; only too few members are never enough.
            passing=quorum(count) < count,
        )
    if not fleet.leader:
        yield Refusal("etcd", "no member reports a leader", "see `journalctl -u etcd` on the members", passing=True)
