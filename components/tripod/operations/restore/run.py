"""Restore of all of etcd from one snapshot: the procedure as a plan, and its run.

Every member begins anew from the same file, as a new cluster with a new token, so that a member that was left behind
can never join with what it remembers. Revisions are raised, so that clients that watch never see one go backwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.json_types import JsonObject
from tripod.etcd.quorum import quorum
from tripod.operations.backup.run import SnapshotLocation, snapshots
from tripod.operations.errors import OperationError, Refusal
from tripod.operations.etcd_health import STATUS, MemberView, assess
from tripod.operations.fleet import CONTROL_PLANE, ETCD
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, member_views
from tripod.operations.remote import Remote, RemoteError, ask
from tripod.operations.rotate.plan import Keys
from tripod.operations.rotate.run import REFRESH_ENCRYPTION
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient

STOP_API_SERVER, START_API_SERVER = "stop-api-server", "start-api-server"
STOP_ETCD, RESTORE, START_ETCD = "stop-etcd", "restore", "start-etcd"

PHASES = "phases"
"""The agent's command that every instance has."""

BUMP_REVISION = 1_000_000_000
"""Added to revisions: more than a cluster writes between two snapshots, as etcd's guide advises."""

RESTORE_SECONDS = 1800


@dataclass(frozen=True)
class RestoreState:
    """State that a restore starts from.

    Attributes:
        members: the members that etcd is to have.
        instances: member → instance, of those in service.
        control_plane: the control-plane nodes in service.
        views: the members' answers.
        reachable: the instances whose agents answer.
        snapshots: the keys that there are.
    """

    members: tuple[str, ...]
    instances: Mapping[str, str]
    control_plane: tuple[str, ...]
    views: Sequence[tuple[str, MemberView | str]]
    reachable: frozenset[str]
    snapshots: frozenset[str]


@dataclass(frozen=True)
class RestoreTarget:
    """A snapshot to restore, and the cluster that it becomes.

    Attributes:
        bucket: the bucket of the snapshot.
        key: its key.
        token: the new cluster's token.
        force: if true, a working quorum is given up.
        imported: true if another cluster wrote it: API servers then start with the keys in the secret by now.
        to_drop: keys that the snapshot needs beside the first: API servers start with them, and lose them in the end.
    """

    bucket: str
    key: str
    token: str
    force: bool = False
    imported: bool = False
    to_drop: Keys = ()


@dataclass(frozen=True)
class RestoreStep:
    """One command on one instance.

    Attributes:
        stage: its stage of the procedure.
        instance: the instance.
        command: the agent's command.
        arguments: its arguments.
    """

    stage: str
    instance: str
    command: str
    arguments: Mapping[str, object]


@dataclass(frozen=True)
class RestorePlan:
    """A plan.

    Attributes:
        steps: commands, in order. A stage begins when the one before it has succeeded everywhere.
        refusals: reasons not to begin it; empty if it may begin.
    """

    steps: tuple[RestoreStep, ...]
    refusals: tuple[Refusal, ...]


def new_token(token: str, now: datetime) -> str:
    """A token that no cluster had before, by its time."""
    return f"{token}-restored-{now:%Y%m%d%H%M%S}"


def restore_plan(state: RestoreState, wanted: RestoreTarget) -> RestorePlan:
    """Plan a restore."""
    arguments = {
        "bucket": wanted.bucket,
        "key": wanted.key,
        "token": wanted.token,
        "bump_revision": BUMP_REVISION,
        "mark_compacted": True,
    }
    members = [state.instances[member] for member in state.members if member in state.instances]
    reload = state.control_plane if wanted.imported or wanted.to_drop else ()
    stages: tuple[tuple[str, Sequence[str], str, Mapping[str, object]], ...] = (
        ("stop API servers", state.control_plane, STOP_API_SERVER, {}),
        ("stop members", members, STOP_ETCD, {}),
        ("restore on every member", members, RESTORE, arguments),
        ("start members", members, START_ETCD, {}),
        ("fetch encryption keys", reload, REFRESH_ENCRYPTION, {}),
        ("start API servers", state.control_plane, START_API_SERVER, {}),
    )
    steps = tuple(RestoreStep(stage, one, command, given) for stage, where, command, given in stages for one in where)
    return RestorePlan(steps, tuple(_refusals(state, wanted)))


def _refusals(state: RestoreState, wanted: RestoreTarget) -> Iterator[Refusal]:
    if wanted.key not in state.snapshots:
        yield Refusal(wanted.key, f"is not in s3://{wanted.bucket}", "`tripod backups` lists those that there are")
    for member in state.members:
        if member not in state.instances:
            yield Refusal(
                "etcd", f"member {member} has no instance in service", "wait for it: every member has to be restored"
            )
    if not state.control_plane:
        yield Refusal("control-plane", "no node is in service", "wait for one")
    for instance in (*state.instances.values(), *state.control_plane):
        if instance not in state.reachable:
            yield Refusal(
                instance,
                "its agent does not answer",
                "bring it back, or terminate it: a member or an API server that is left out would go on with old data",
            )
    well = [member for member, view in state.views if isinstance(view, MemberView) and view.healthy]
    # A healthy member proves a quorum: its read took a majority.
    if well and not wanted.force:
        yield Refusal(
            "etcd",
            f"it works ({', '.join(well)}): {quorum(len(state.members))} of {len(state.members)} members agree. "
            "Whatever was written since the snapshot would be lost",
            "bring back single members with `tripod roll`; `--force` gives up what is there",
        )


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
            views = member_views(self.remote, {member: state.instances[member] for member in state.members})
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


def next_commands(stack: str, now: datetime) -> tuple[str, ...]:
    """The commands to run after a restore: instances that remember a later state are replaced."""
    moment = f"--launched-before {now:%Y-%m-%dT%H:%M:%SZ}"
    return (
        f"tripod verify {stack}",
        f"tripod roll {stack} --only control-plane {moment} --yes",
        f"tripod roll {stack} --only workers {moment} --yes",
        f"tripod backup {stack} --yes",
    )
