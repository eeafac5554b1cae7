"""Run of a restore: the state that it starts from, and its commands on the instances."""

from collections.abc import Mapping
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.json_types import JsonObject
from tripod.operations.backup.run import SnapshotLocation, snapshots
from tripod.operations.errors import OperationError
from tripod.operations.etcd_health import STATUS, MemberView, assess
from tripod.operations.fleet import CONTROL_PLANE, ETCD
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, member_views
from tripod.operations.remote import Remote, RemoteError, ask
from tripod.operations.restore.plan import (
    RESTORE,
    START_API_SERVER,
    START_ETCD,
    RestorePlan,
    RestoreState,
    RestoreStep,
)
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient

PHASES = "phases"
"""The agent's command that every instance has."""

RESTORE_SECONDS = 1800


def restore_state(inventory: ClusterInventory, remote: Remote, location: SnapshotLocation) -> RestoreState:
    """Read the state that a restore starts from: instances in service, agents that answer, members' answers, snapshots.

    Args:
        inventory: the cluster.
        remote: reaches its instances.
        location: the location of its snapshots.
    """
    fleet = fleet_of(inventory)
    serving = [node for node in fleet.nodes if node.in_service]
    instances = {fleet.group(node.group).member: node.instance for node in serving if fleet.role(node) == ETCD}
    control_plane = tuple(node.instance for node in serving if fleet.role(node) == CONTROL_PLANE)
    return RestoreState(
        fleet.members,
        instances,
        control_plane,
        member_views(remote, instances),
        frozenset(one for one in (*instances.values(), *control_plane) if _answers(remote, one)),
        frozenset(snapshot.key for snapshot in snapshots(inventory, location)),
    )


def _answers(remote: Remote, instance: str) -> bool:
    """True if an agent answers. It lists its phases in any state of the instance."""
    try:
        return remote.run(instance, PHASES).code == 0
    except RemoteError:
        return False


@dataclass(frozen=True)
class Restorer:
    """Carries a restore out.

    Attributes:
        remote: reaches the instances.
        retry_policy: limits of the wait for members that agree.
        log: takes lines of progress.
    """

    remote: Remote
    retry_policy: RetryPolicy
    log: Log

    def restore(self, plan: RestorePlan, state: RestoreState) -> int:
        """Carry a plan out that was not refused, and return the revision that etcd has then.

        Raises:
            OperationError: it stopped; the message has the remedy. Stopped API servers stay so, and lose nothing.
        """
        restored: dict[str, JsonObject] = {}
        stage = revision = None
        for step in plan.steps:
            if step.stage != stage:
                if step.command == START_ETCD:
                    _refuse_differences(restored)
                if step.command == START_API_SERVER:
                    revision = self._await_agreement(state, restored)
                stage = step.stage
                self.log(stage)
            answer = self._done(step)
            if step.command == RESTORE:
                restored[step.instance] = answer
        return revision or 0

    def _done(self, step: RestoreStep) -> JsonObject:
        seconds = RESTORE_SECONDS if step.command == RESTORE else 300
        try:
            answer = ask(self.remote, step.instance, step.command, step.arguments, seconds)
        except OperationError as error:
            raise OperationError(
                f"{step.stage}: {error}. Nothing after it was begun; what was stopped stays stopped, and members keep "
                "the data that they had beside the new ones. When that is mended, run the restore again: it begins "
                "anew, with a new token"
            ) from error
        self.log(f"  {step.instance}: {step.command}: done")
        return answer

    def _await_agreement(self, state: RestoreState, restored: Mapping[str, JsonObject]) -> int:
        """Wait until every member of the new cluster is well, and has what was restored."""
        least = min((int(answer["revision"]) for answer in restored.values()), default=0)

        def check() -> int:
            views = member_views(self.remote, {m: id_ for m, id_ in state.instances.items() if id_ in restored})
            health = assess(views)
            if health.unhealthy or health.cluster_reason:
                reasons = [f"{member}: {reason}" for member, reason in health.unhealthy.items()]
                raise NotYetError("; ".join([*reasons, health.cluster_reason]).removesuffix("; "))
            revisions = [view.revision for _, view in views if isinstance(view, MemberView)]
            if min(revisions) < least:
                raise NotYetError(f"`{STATUS}` says revision {min(revisions)}, {least} was restored")
            return min(revisions)

        hint = (
            "API servers stay stopped, so that nothing is written. See `journalctl -u etcd` on the members, then run "
            "the restore again"
        )
        return await_result("etcd after the restore", retry_transient(check), self.retry_policy, self.log, hint)


def _refuse_differences(restored: Mapping[str, JsonObject]) -> None:
    """Members that have not restored the same must not be started: they would form a cluster that contradicts itself.

    Raises:
        OperationError: they have not, or do not say.
    """
    found = {(answer.get("revision"), answer.get("hash")) for answer in restored.values()}
    if len(found) != 1 or None in next(iter(found)):
        said = "; ".join(
            f"{instance}: revision {answer.get('revision')}, hash {answer.get('hash')}"
            for instance, answer in restored.items()
        )
        raise OperationError(f"the members have restored different data ({said}): none was started. Run it again")
