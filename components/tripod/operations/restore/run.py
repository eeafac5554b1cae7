"""Bringing all of etcd back from one snapshot: the whole procedure as a plan, and carrying it out.

Every member begins anew from the same file, as a new cluster with a new token, so that a member that was left behind
can never join with what it remembers. Revisions are raised, so that nobody who watches sees time go backwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.etcd.quorum import quorum
from tripod.operations.backup.run import SnapshotPlace, snapshots
from tripod.operations.errors import OperationError, Refusal
from tripod.operations.etcd_health import STATUS, MemberView, assess
from tripod.operations.fleet import CONTROL_PLANE, ETCD
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, member_views
from tripod.operations.remote import Remote, RemoteError, ask
from tripod.operations.rotate.run import REFRESH_ENCRYPTION
from tripod.operations.waiting import NotYetError, Tell, await_result, retry_transient

STOP_API_SERVER, START_API_SERVER = "stop-api-server", "start-api-server"
STOP_ETCD, RESTORE, START_ETCD = "stop-etcd", "restore", "start-etcd"

PHASES = "phases"
"""The agent's command that every instance knows."""

BUMP_REVISION = 1_000_000_000
"""By how much revisions are raised: more than a cluster writes between two snapshots, as etcd's guide advises."""

RESTORE_SECONDS = 1800


@dataclass(frozen=True)
class RestoreState:
    """What a restore finds.

    Attributes:
        members: the members that etcd is to have.
        instances: member → instance, of those in service.
        control_plane: the control-plane nodes in service.
        views: what the members say.
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
    """What is to be restored.

    Attributes:
        bucket: the bucket of the snapshot.
        key: its key.
        token: the new cluster's token.
        force: whether to give up a quorum that lives.
        foreign: whether another cluster wrote it: API servers then begin with the keys that there are by now.
    """

    bucket: str
    key: str
    token: str
    force: bool = False
    foreign: bool = False


@dataclass(frozen=True)
class Act:
    """One command on one instance.

    Attributes:
        stage: which stage of the procedure it is of.
        instance: where.
        command: the agent's command.
        arguments: its arguments.
    """

    stage: str
    instance: str
    command: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class RestorePlan:
    """What would be done.

    Attributes:
        acts: commands, in order. A stage is begun when the one before it has succeeded everywhere.
        refusals: why it is not begun.
    """

    acts: tuple[Act, ...]
    refusals: tuple[Refusal, ...]


def new_token(token: str, now: datetime) -> str:
    """A token that no cluster had before."""
    return f"{token}-restored-{now:%Y%m%d%H%M%S}"


def restore_plan(scene: RestoreState, wanted: RestoreTarget) -> RestorePlan:
    """Plan a restore."""
    told = {
        "bucket": wanted.bucket,
        "key": wanted.key,
        "token": wanted.token,
        "bump_revision": BUMP_REVISION,
        "mark_compacted": True,
    }
    members = [scene.instances[member] for member in scene.members if member in scene.instances]
    stages: tuple[tuple[str, Sequence[str], str, Mapping[str, Any]], ...] = (
        ("stop API servers", scene.control_plane, STOP_API_SERVER, {}),
        ("stop members", members, STOP_ETCD, {}),
        ("restore on every member", members, RESTORE, told),
        ("start members", members, START_ETCD, {}),
        ("fetch encryption keys", scene.control_plane if wanted.foreign else (), REFRESH_ENCRYPTION, {}),
        ("start API servers", scene.control_plane, START_API_SERVER, {}),
    )
    acts = tuple(Act(stage, one, command, given) for stage, where, command, given in stages for one in where)
    return RestorePlan(acts, tuple(_refusals(scene, wanted)))


def _refusals(scene: RestoreState, wanted: RestoreTarget) -> Iterator[Refusal]:
    if wanted.key not in scene.snapshots:
        yield Refusal(wanted.key, f"is not in s3://{wanted.bucket}", "`tripod backups` lists those that there are")
    for member in scene.members:
        if member not in scene.instances:
            yield Refusal(
                "etcd", f"member {member} has no instance in service", "wait for it: every member has to be restored"
            )
    if not scene.control_plane:
        yield Refusal("control-plane", "no node is in service", "wait for one")
    for instance in (*scene.instances.values(), *scene.control_plane):
        if instance not in scene.reachable:
            yield Refusal(
                instance,
                "its agent does not answer",
                "bring it back, or terminate it: a member or an API server that is left out would go on with old data",
            )
    well = [member for member, view in scene.views if isinstance(view, MemberView) and view.healthy]
    # A healthy member proves a quorum: its read took a majority.
    if well and not wanted.force:
        yield Refusal(
            "etcd",
            f"it works ({', '.join(well)}): {quorum(len(scene.members))} of {len(scene.members)} members agree. "
            "Whatever was written since the snapshot would be lost",
            "bring back single members with `tripod roll`; `--force` gives up what is there",
        )


def look(account: ClusterInventory, remote: Remote, place: SnapshotPlace) -> RestoreState:
    """What a restore finds: instances in service, whether their agents answer, what members say, which snapshots.

    Args:
        account: the cluster.
        remote: reaches its instances.
        place: where its snapshots are.
    """
    fleet = fleet_of(account)
    serving = [node for node in fleet.nodes if node.in_service]
    instances = {fleet.group(node.group).member: node.instance for node in serving if fleet.role(node) == ETCD}
    control_plane = tuple(node.instance for node in serving if fleet.role(node) == CONTROL_PLANE)
    return RestoreState(
        fleet.members,
        instances,
        control_plane,
        member_views(remote, instances),
        frozenset(one for one in (*instances.values(), *control_plane) if _answers(remote, one)),
        frozenset(snapshot.key for snapshot in snapshots(account, place)),
    )


def _answers(remote: Remote, instance: str) -> bool:
    """Whether an agent answers. It lists its phases whatever state the instance is in."""
    try:
        return remote.run(instance, PHASES).code == 0
    except RemoteError:
        return False


@dataclass(frozen=True)
class Restorer:
    """What carries a restore out.

    Attributes:
        remote: reaches the instances.
        patience: how long members may take to agree.
        tell: told what happens.
    """

    remote: Remote
    patience: RetryPolicy
    tell: Tell

    def restore(self, plan: RestorePlan, scene: RestoreState) -> int:
        """Carry a plan out that was not refused, and return the revision that etcd has then.

        Raises:
            OperationError: it stopped; says what to do. API servers that are stopped stay so, and lose nothing.
        """
        restored: dict[str, Any] = {}
        stage = revision = None
        for act in plan.acts:
            if act.stage != stage:
                if act.command == START_ETCD:
                    _refuse_differences(restored)
                if act.command == START_API_SERVER:
                    revision = self._await_agreement(scene, restored)
                stage = act.stage
                self.tell(stage)
            answer = self._done(act)
            if act.command == RESTORE:
                restored[act.instance] = answer
        return revision or 0

    def _done(self, act: Act) -> dict[str, Any]:
        seconds = RESTORE_SECONDS if act.command == RESTORE else 300
        try:
            answer = ask(self.remote, act.instance, act.command, act.arguments, seconds)
        except OperationError as error:
            raise OperationError(
                f"{act.stage}: {error}. Nothing after it was begun; what was stopped stays stopped, and members keep "
                "the data that they had beside the new ones. When that is mended, run the restore again: it begins "
                "anew, with a new token"
            ) from error
        self.tell(f"  {act.instance}: {act.command}: done")
        return answer

    def _await_agreement(self, scene: RestoreState, restored: Mapping[str, Any]) -> int:
        """Wait until every member of the new cluster is well, and has what was restored."""
        least = min((int(answer["revision"]) for answer in restored.values()), default=0)

        def look() -> int:
            views = member_views(self.remote, {member: scene.instances[member] for member in scene.members})
            health = assess(views)
            if health.ill or health.whole:
                ill = [f"{member}: {reason}" for member, reason in health.ill.items()]
                raise NotYetError("; ".join([*ill, health.whole]).removesuffix("; "))
            revisions = [view.revision for _, view in views if isinstance(view, MemberView)]
            if min(revisions) < least:
                raise NotYetError(f"`{STATUS}` says revision {min(revisions)}, {least} was restored")
            return min(revisions)

        try:
            return await_result("etcd after the restore", retry_transient(look), self.patience, self.tell)
        except OperationError as error:
            raise OperationError(
                f"{error}. API servers stay stopped, so that nobody writes. See `journalctl -u etcd` on the members, "
                "then run the restore again"
            ) from error


def _refuse_differences(restored: Mapping[str, Any]) -> None:
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
        raise OperationError(f"the members have restored different things ({said}): none was started. Run it again")


def next_commands(stack: str, now: datetime) -> tuple[str, ...]:
    """What people run after a restore: whoever remembers a later time is replaced."""
    moment = f"--launched-before {now:%Y-%m-%dT%H:%M:%SZ}"
    return (
        f"tripod verify {stack}",
        f"tripod roll {stack} --only control-plane {moment} --yes",
        f"tripod roll {stack} --only workers {moment} --yes",
        f"tripod backup {stack} --yes",
    )
