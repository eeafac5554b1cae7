"""Clusters for tests of operations."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tripod.operations.etcd_health import MemberView, member_view
from tripod.operations.fleet import CONTROL_PLANE, ETCD, WORKERS, Fleet, InstanceGroup, Node

START = datetime(2026, 11, 1, tzinfo=UTC)

NOW = START + timedelta(days=1)

OLD, NEW = "lt-1 1", "lt-1 2"


def fleet(
    members: int = 3,
    control_plane: int = 3,
    workers: Mapping[str, int] | None = None,
    stale: Sequence[str] = (),
    leader: str = "0-0",
) -> Fleet:
    """A healthy cluster over three zones: instances of the groups in ``stale`` run the older template."""
    groups: list[InstanceGroup] = []
    nodes: list[Node] = []

    def add(name: str, role: str, member: str, size: int, zone: str) -> None:
        groups.append(InstanceGroup(name, role, member, size, NEW))
        for number in range(size):
            launched = START + timedelta(minutes=len(nodes))
            template = OLD if name in stale or role in stale else NEW
            nodes.append(Node(f"i-{name}-{number}", name, zone, "InService", launched, template))

    names = [f"{index % 3}-{index // 3}" for index in range(members)]
    for name in names:
        add(f"etcd-{name}", ETCD, name, 1, "abc"[int(name[0])])
    for index in range(control_plane):
        add(f"control-plane-{index}", CONTROL_PLANE, "", 1, "abc"[index % 3])
    for name, size in (workers if workers is not None else {"workers-a": 2, "workers-b": 2}).items():
        add(name, WORKERS, "", size, name[-1])
    return Fleet(tuple(groups), tuple(nodes), tuple(names), leader, NOW)


def changed(fleet_: Fleet, instance: str, **fields: object) -> Fleet:
    """A cluster with one instance otherwise."""
    nodes = tuple(replace(node, **fields) if node.instance == instance else node for node in fleet_.nodes)  # pyright: ignore[reportArgumentType]
    return replace(fleet_, nodes=nodes)


def regrouped(fleet_: Fleet, name: str, **fields: object) -> Fleet:
    """A cluster with one group otherwise."""
    groups = tuple(replace(group, **fields) if group.name == name else group for group in fleet_.groups)  # pyright: ignore[reportArgumentType]
    return replace(fleet_, groups=groups)


def member_status(id_: str, **fields: Any) -> dict[str, Any]:
    """The answer of a healthy member of three, with some fields changed."""
    return {
        "id": id_,
        "healthy": True,
        "leader": "a",
        "learner": False,
        "raft_index": 100,
        "revision": 50,
        "version": "3.6.14",
        "members": ["a", "b", "c"],
        **fields,
    }


def view(id_: str, **fields: Any) -> MemberView:
    return member_view(member_status(id_, **fields))
