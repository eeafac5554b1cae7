"""Decision on the start of a member when its instance boots, as a pure function of facts.

It rules out a second cluster beside the first, and a vote by a member that has lost its raft log: a new cluster is
formed only if there never was one, and a member without data comes back as a learner, under another id, after its old
entry is removed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..host.filesystem import Content, Disk
from .urls import peer_url


@dataclass(frozen=True)
class Entry:
    """A member, as the cluster lists it.

    Attributes:
        id: its id.
        name: its name; empty until it has started.
        peers: its peer URLs.
        clients: its client URLs; none until it has been part of the cluster.
        learner: True if it has no vote.
    """

    id: int
    name: str
    peers: tuple[str, ...]
    clients: tuple[str, ...]
    learner: bool


@dataclass(frozen=True)
class View:
    """Member list, as another member returns it.

    Attributes:
        quorum: True if a majority has confirmed it.
        entries: the members that it lists.
    """

    quorum: bool
    entries: Sequence[Entry]

    def member_at(self, address: str) -> Entry | None:
        """The member at an address."""
        return next((entry for entry in self.entries if peer_url(address) in entry.peers), None)


@dataclass(frozen=True)
class Facts:
    """Facts for the decision when an instance boots.

    Attributes:
        member: its name.
        address: its instance's address.
        topology: member → address, of the planned members.
        disk: the content of its volume.
        initialised: True if the cluster ever had a majority.
        view: the member list of the other members; None if none answers.
    """

    member: str
    address: str
    topology: Mapping[str, str]
    disk: Disk
    initialised: bool
    view: View | None


@dataclass(frozen=True)
class Start:
    """Start with the present data."""


@dataclass(frozen=True)
class Form:
    """Form a new cluster with the other members of the topology."""


@dataclass(frozen=True)
class Replace:
    """Remove the member's old entry, rejoin as a learner, become a voting member."""

    old: int


@dataclass(frozen=True)
class Join:
    """Join as a learner, become a voting member."""


@dataclass(frozen=True)
class Wait:
    """Decide again in a moment."""

    reason: str


@dataclass(frozen=True)
class Stop:
    """Stop: an operator has to act first."""

    reason: str


Decision = Start | Form | Replace | Join | Wait | Stop

RESTORE = "start the other members; if their data are lost, restore a snapshot (`tripod restore`)"


def decide(facts: Facts) -> Decision:
    """Decide how a member starts."""
    problem = _topology_problem(facts)
    if problem:
        return Stop(problem)
    match facts.disk.content:
        case Content.OTHER:
            return Stop(facts.disk.reason)
        case Content.DATA:
            return _with_data(facts)
        case _:
            return _without_data(facts)


def _topology_problem(facts: Facts) -> str:
    planned = facts.topology.get(facts.member)
    if planned is None:
        return f"member {facts.member} is not in the topology ({', '.join(facts.topology)}): run `pulumi up`"
    if planned != facts.address:
        return (
            f"member {facts.member} is planned at {planned}, this instance has {facts.address}: its launch template "
            "must name the member's network interface"
        )
    return ""


def _with_data(facts: Facts) -> Decision:
    view = facts.view
    if view is not None and view.quorum and view.member_at(facts.address) is None:
        return Stop(
            f"the cluster has removed member {facts.member}, whose data are still on the volume: to take it back, "
            "wipe the volume (`wipefs --all`); it then comes back as a learner"
        )
    return Start()


def _without_data(facts: Facts) -> Decision:
    view = facts.view
    if not facts.initialised and _may_form(facts):
        return Form()
    if view is None:
        return Wait(f"the cluster was initialised, this volume is blank, and no other member answers: {RESTORE}")
    if not view.quorum:
        return Wait(f"this volume is blank, and the members that answer are no majority: {RESTORE}")
    own = view.member_at(facts.address)
    for entry in view.entries:
        if entry.learner and entry != own:
            name = entry.name or " ".join(entry.peers)
            return Wait(f"{name} is a learner, and there is one at a time: wait for it, or remove it ({entry.id:x})")
    return Replace(own.id) if own else Join()


def _may_form(facts: Facts) -> bool:
    """Return True if a cluster without a recorded majority may be formed or completed.

    The members that have formed it already list all of the topology, this one among those that never took part.
    """
    if facts.view is None:
        return True
    own = facts.view.member_at(facts.address)
    peers = {peer for entry in facts.view.entries for peer in entry.peers}
    planned = {peer_url(address) for address in facts.topology.values()}
    return own is not None and not own.learner and not own.clients and peers == planned


def initial_cluster(topology: Mapping[str, str], entries: Sequence[Entry] | None = None) -> str:
    """Render etcd's ``initial-cluster``.

    Args:
        topology: member → address.
        entries: the cluster's member list; None: the members of the topology.
    """
    if entries is None:
        return ",".join(f"{member}={peer_url(address)}" for member, address in topology.items())
    names = {peer_url(address): member for member, address in topology.items()}
    return ",".join(f"{entry.name or names.get(peer, '')}={peer}" for entry in entries for peer in entry.peers)
