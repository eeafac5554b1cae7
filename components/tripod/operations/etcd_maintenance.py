"""Maintenance of etcd: free space in its database, member by member, and clear its alarm.

The order and the steps are etcd's own (op-guide/maintenance): compact, defragment one member at a time, disarm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.errors import OperationError, Refusal, RefusedError
from tripod.operations.etcd_health import MemberView, assess
from tripod.operations.remote import Remote, ask
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient

DEFRAGMENT, DISARM = "defragment", "disarm"
"""The agent's commands on a member."""

DEFRAGMENT_SECONDS = 1500
"""Seconds for a compaction and a defragmentation, each of which the agent gives 600."""

NO_SPACE = "NOSPACE"
"""The alarm of a database that has reached its quota. Every other alarm is about data that differ (CORRUPT)."""

ALMOST_FULL_PERCENT = 80
FULL_PERCENT = 90
"""etcd raises its alarm a write before the quota; above this the next writes would raise it again."""


@dataclass(frozen=True)
class EtcdState:
    """etcd, as its members report it.

    Attributes:
        instances: member → instance, of members in service.
        views: member and its answer, or the reason for which there is none.
        refusals: reasons not to touch a member.
        leader: the leading member; empty if they do not agree on one.
    """

    instances: Mapping[str, str]
    views: Mapping[str, MemberView | str]
    refusals: tuple[Refusal, ...]
    leader: str

    @property
    def order(self) -> list[str]:
        """Members in the order of a defragmentation: the leader last, since it serves nothing meanwhile."""
        return sorted(self.instances, key=lambda member: (member == self.leader, member))

    @property
    def answered(self) -> dict[str, MemberView]:
        """Members that answered."""
        return {member: view for member, view in self.views.items() if isinstance(view, MemberView)}

    @property
    def alarms(self) -> set[str]:
        """Alarms that any member reports."""
        return {alarm for view in self.answered.values() for alarm in view.alarms}


def etcd_state(
    expected: Sequence[str], instances: Mapping[str, str], views: Sequence[tuple[str, MemberView | str]]
) -> EtcdState:
    """Assess etcd before a member is touched.

    Args:
        expected: members of the topology.
        instances: member → instance, of members in service.
        views: member and its answer, in the order of asking.
    """
    tolerated = [(member, _without_full_alarm(view)) for member, view in views]
    health = assess(tolerated)
    journal = "see `journalctl -u etcd` there"
    refusals = [
        *(Refusal(one, "has no instance in service", "wait for its group") for one in expected if one not in instances),
        *(Refusal(member, reason, journal) for member, reason in health.unhealthy.items()),
    ]
    if health.cluster_reason:
        refusals.append(Refusal("etcd", health.cluster_reason, "see `journalctl -u etcd` on the members"))
    if not health.leader:
        refusals.append(Refusal("etcd", "its members do not agree on a leader", "wait for an election"))
    return EtcdState(instances, dict(views), tuple(refusals), health.leader)


def _without_full_alarm(view: MemberView | str) -> MemberView | str:
    """A view of a member, as healthy if its one fault is a full database, which maintenance corrects."""
    if isinstance(view, MemberView) and view.quorum and view.alarms == (NO_SPACE,):
        return replace(view, healthy=True, reason="")
    return view


def space_problems(state: EtcdState) -> Iterator[str]:
    """Find alarms, and databases and file systems that are almost full."""
    for alarm in sorted(state.alarms):
        yield (
            f"alarm {alarm}: etcd takes no writes until space is freed and it is cleared"
            if alarm == NO_SPACE
            else f"alarm {alarm}: members' data differ, see \"etcd's space\" in docs/operations.md"
        )
    for member, view in state.answered.items():
        if view.quota and 100 * view.database >= ALMOST_FULL_PERCENT * view.quota:
            yield f"{member}: its database has {100 * view.database // view.quota} % of its quota"
        if view.disk_percent >= ALMOST_FULL_PERCENT:
            yield f"{member}: its data's file system is {view.disk_percent} % full"


def disarm_refusals(state: EtcdState) -> tuple[Refusal, ...]:
    """Refuse to clear an alarm whose cause is still there."""
    full = [
        member
        for member, view in state.answered.items()
        if view.quota and 100 * view.database >= FULL_PERCENT * view.quota
    ]
    remedy = "defragment first; if that frees nothing, delete what fills it or choose a larger instance type"
    return (
        *state.refusals,
        *(Refusal(member, f"its database has {FULL_PERCENT} % of its quota or more", remedy) for member in full),
    )


@dataclass(frozen=True)
class Defragmenter:
    """Defragments etcd.

    Attributes:
        observe: observes etcd anew.
        remote: reaches the members.
        retry_policy: limits of the wait for healthy members.
        log: takes lines of progress.
    """

    observe: Callable[[], EtcdState]
    remote: Remote
    retry_policy: RetryPolicy
    log: Log

    def defragment(self) -> dict[str, tuple[int, int]]:
        """Defragment one member after another: member → bytes of its database before and after.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: it stopped; the message says where.
        """
        state = self.observe()
        if state.refusals:
            raise RefusedError(state.refusals)
        # Full, etcd refuses what API servers write to compact: their compaction has stopped.
        revision = max(view.revision for view in state.answered.values()) if state.alarms else 0
        done: dict[str, tuple[int, int]] = {}
        while left := [member for member in state.order if member not in done]:
            try:
                given = {"compact": 0 if done else revision}
                said = ask(self.remote, state.instances[left[0]], DEFRAGMENT, given, DEFRAGMENT_SECONDS)
                done[left[0]] = (int(said["before"]), int(said["after"]))
                self.log(f"{left[0]}: {done[left[0]][0]} bytes before, {done[left[0]][1]} after")
                state = self._await_healthy(left[0])
            except OperationError as error:
                waiting = ", ".join(member for member in left if member not in done) or "none"
                raise OperationError(f"{error}. Not defragmented: {waiting}. Mend it, then run it again") from error
        return done

    def _await_healthy(self, member: str) -> EtcdState:
        """Wait until every member is healthy.

        Raises:
            OperationError: they were not in time.
        """

        def check() -> EtcdState:
            state = self.observe()
            for refusal in state.refusals:
                raise NotYetError(str(refusal))
            return state

        return await_result(f"etcd after {member}", retry_transient(check), self.retry_policy, self.log)
