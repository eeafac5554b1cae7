"""Plan of a restore of all of etcd from one snapshot.

Every member begins anew from the same file, as a new cluster with a new token, so that a member that was left behind
can never join with what it remembers. Revisions are raised, so that clients that watch never see one go backwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tripod.etcd.quorum import quorum
from tripod.operations.errors import Refusal
from tripod.operations.etcd_health import MemberView
from tripod.operations.rotate.plan import Keys
from tripod.operations.rotate.run import REFRESH_ENCRYPTION

STOP_API_SERVER, START_API_SERVER = "stop-api-server", "start-api-server"
STOP_ETCD, RESTORE, START_ETCD = "stop-etcd", "restore", "start-etcd"

BUMP_REVISION = 1_000_000_000
"""Added to revisions: more than a cluster writes between two snapshots, as etcd's guide advises."""


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
        without: members that are left out, with the zone that they are in.
        to_drop: keys that the snapshot needs beside the first: API servers start with them, and lose them in the end.
    """

    bucket: str
    key: str
    token: str
    force: bool = False
    imported: bool = False
    to_drop: Keys = ()
    without: tuple[str, ...] = ()


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
    """Plan of a restore.

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
    names = [member for member in state.members if member not in wanted.without]
    arguments: dict[str, object] = {
        "bucket": wanted.bucket,
        "key": wanted.key,
        "token": wanted.token,
        "bump_revision": BUMP_REVISION,
        "mark_compacted": True,
        # Only where it is needed: agents of earlier releases refuse what they do not understand.
        **({"members": names} if wanted.without else {}),
    }
    members = [state.instances[member] for member in names if member in state.instances]
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
    yield from _without_refusals(state, wanted)
    left_out = {state.instances.get(member) for member in wanted.without}
    for member in state.members:
        if member not in state.instances and member not in wanted.without:
            yield Refusal(
                "etcd",
                f"member {member} has no instance in service",
                f"wait for it; if its zone is away, `--without {member}` restores the others, if a majority",
            )
    if not state.control_plane:
        yield Refusal("control-plane", "no node is in service", "wait for one")
    for instance in (*state.instances.values(), *state.control_plane):
        if instance not in state.reachable and instance not in left_out:
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


def _without_refusals(state: RestoreState, wanted: RestoreTarget) -> Iterator[Refusal]:
    """Refuse to leave out members that are there, or so many that the rest is no majority."""
    known = f"its members are {', '.join(state.members)}"
    for member in wanted.without:
        if member not in state.members:
            yield Refusal("etcd", f"there is no member {member}", known)
        elif state.instances.get(member) in state.reachable:
            yield Refusal(
                "etcd",
                f"the agent of member {member} answers ({state.instances[member]})",
                "restore it with the others: a member that is left out would go on with old data",
            )
    rest = [member for member in state.members if member not in wanted.without]
    # The old cluster must not have a majority beside the new one.
    if len(rest) < quorum(len(state.members)):
        yield Refusal(
            "etcd",
            f"{len(rest)} of {len(state.members)} members are no majority: those left out could be one, with old data",
            f"leave out {len(state.members) - quorum(len(state.members))} at most",
        )


def next_commands(stack: str, now: datetime, left_out: Sequence[str] = ()) -> tuple[str, ...]:
    """The commands to run after a restore: instances that remember a later state are replaced.

    Args:
        stack: the stack.
        now: the time of the restore.
        left_out: the instances of the members that were left out: they must not run when their zone is back.
    """
    moment = f"--launched-before {now:%Y-%m-%dT%H:%M:%SZ}"
    return (
        *(f"aws ec2 terminate-instances --instance-ids {instance}" for instance in left_out),
        f"tripod verify {stack}",
        f"tripod roll {stack} --only control-plane {moment} --yes",
        f"tripod roll {stack} --only workers {moment} --yes",
        f"tripod backup {stack} --yes",
    )
