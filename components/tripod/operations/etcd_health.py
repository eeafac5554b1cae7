"""Health of etcd, by its members' answers: one assessment for every operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tripod.core.json_types import JsonMapping
from tripod.operations.remote import RemoteError

STATUS = "status"
"""The agent's command on a member. It answers at once, whatever state etcd is in."""


@dataclass(frozen=True)
class MemberView:
    """A member's report of itself and the others.

    Attributes:
        id: its id, in hexadecimal.
        healthy: true if it has just served a linearizable read: then it has all committed data.
        reason: the reason if not; else empty.
        leader: the leader's id; empty if it has none.
        learner: true if it has no vote.
        index: the raft index that it has applied.
        revision: the revision of its data.
        version: the version of its etcd.
        members: the ids of the members that it lists.
        quorum: true if a majority has confirmed that list.
        alarms: alarms of the cluster, such as NOSPACE.
        database: bytes of its database's file.
        used: bytes of those that hold data.
        quota: the most that the database may have.
        disk_percent: the used part of its data's file system.
    """

    id: str
    healthy: bool
    reason: str
    leader: str
    learner: bool
    index: int
    revision: int
    version: str
    members: tuple[str, ...]
    quorum: bool = False
    alarms: tuple[str, ...] = ()
    database: int = 0
    used: int = 0
    quota: int = 0
    disk_percent: int = 0


def member_view(answer: JsonMapping) -> MemberView:
    """Read a member's answer to `status`.

    Raises:
        RemoteError: its etcd does not answer, or it is of another form.
    """
    if not answer.get("id"):
        raise RemoteError(str(answer.get("reason") or "its etcd does not answer"))
    try:
        return MemberView(
            str(answer["id"]),
            answer["healthy"] is True,
            str(answer.get("reason", "")),
            str(answer["leader"]),
            answer["learner"] is True,
            int(answer["raft_index"]),
            int(answer["revision"]),
            str(answer["version"]),
            tuple(sorted(str(member) for member in answer["members"])),
            # An agent of an earlier release says nothing of these.
            answer.get("quorum") is True,
            tuple(str(alarm) for alarm in answer.get("alarms", ())),
            *(int(answer.get(name, 0)) for name in ("database", "used", "quota", "disk_percent")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RemoteError(f"a member's answer to `{STATUS}` is not understood: {error!r}") from error


@dataclass(frozen=True)
class EtcdHealth:
    """An assessment of etcd.

    Attributes:
        unhealthy: member → reason.
        leader: the leading member; empty if they do not agree on one.
        cluster_reason: the fault of etcd as a whole; empty if there is none.
    """

    unhealthy: Mapping[str, str]
    leader: str
    cluster_reason: str


def assess(views: Sequence[tuple[str, MemberView | str]]) -> EtcdHealth:
    """Assess the members by their answers.

    Args:
        views: member and its answer, or the reason for which there is none, in the order of asking: one that was
            asked later must have the raft index of any that was asked before it.
    """
    unhealthy: dict[str, str] = {}
    highest = 0
    known = {view.id: member for member, view in views if isinstance(view, MemberView)}
    for member, view in views:
        if isinstance(view, str):
            unhealthy[member] = view
            continue
        reason = _own_reason(view, highest)
        if reason:
            unhealthy[member] = reason
        highest = max(highest, view.index)
    answered = [view for _, view in views if isinstance(view, MemberView)]
    leaders = {view.leader for view in answered if view.healthy}
    leader = known.get(next(iter(leaders)), "") if len(leaders) == 1 else ""
    return EtcdHealth(unhealthy, leader, _common_reason(answered, known, complete=len(answered) == len(views)))


def _own_reason(view: MemberView, highest: int) -> str:
    if not view.healthy:
        return view.reason or "it is not healthy"
    if view.learner:
        return "it is a learner still"
    if not view.leader:
        return "it knows no leader"
    if view.index < highest:
        return f"it is behind: raft index {view.index}, another had {highest} before"
    return ""


def _common_reason(answered: Sequence[MemberView], known: Mapping[str, str], *, complete: bool) -> str:
    """The fault of etcd as a whole, by the members that answered."""
    lists = {view.members for view in answered}
    if len(lists) > 1:
        return "the members list different members"
    strangers = sorted(set(next(iter(lists), ())) - known.keys())
    if complete and strangers:
        return f"there are members that the topology does not have: {', '.join(strangers)}"
    unlisted = sorted(known[id_] for id_ in known.keys() - set(next(iter(lists), ())))
    if unlisted:
        return f"{', '.join(unlisted)} not among the members that the others list"
    return ""
