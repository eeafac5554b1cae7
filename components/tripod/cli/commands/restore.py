"""`tripod restore`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json
from tripod.operations.errors import OperationError, RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from tripod.cli.target import ClusterTarget
    from tripod.operations.backup.keys import SnapshotKeys
    from tripod.operations.backup.run import SnapshotLocation
    from tripod.operations.restore.keys import RestoreKeys
    from tripod.operations.restore.plan import RestorePlan, RestoreState, RestoreTarget
    from tripod.operations.restore.snapshot_import import SnapshotSource
    from tripod.operations.rotate.run import SecretValue
    from tripod.operations.waiting import Log


@dataclass(frozen=True)
class _Restore:
    """A restore that has been planned.

    Attributes:
        source: the snapshot in another bucket; None for one of the cluster's own.
        location: the location of the cluster's snapshots.
        state: the state that it starts from.
        wanted: the snapshot, and the cluster that it becomes.
        secret: the encryption secret.
        keys: the encryption keys.
        plan: the plan.
    """

    source: SnapshotSource | None
    location: SnapshotLocation
    state: RestoreState
    wanted: RestoreTarget
    secret: SecretValue
    keys: RestoreKeys
    plan: RestorePlan


def restore(
    stack: Stack,
    *,
    yes: Yes = False,
    snapshot: Annotated[str, typer.Option(help="The snapshot's key; by default the newest.")] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="S3_ADDRESS", help="A snapshot of another bucket: s3://bucket/key.")
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="MEMBER", help="Leave a member out whose zone is away; the rest has to be a majority."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Give up the data of an etcd that works.")] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Restore all of etcd from a snapshot, on every member, as a new cluster.

    API servers stop, every member starts from the same file with a new token, and API servers start again. A snapshot
    of another bucket is copied into the cluster's own first, with your rights: members have none there. Retired
    encryption keys that the snapshot needs are brought back, and retire again when every Secret is rewritten.
    """
    from tripod.cli.commands.common import busy, preview
    from tripod.cli.output.operations import restore_json
    from tripod.cli.target import open_cluster
    from tripod.operations.restore.plan import next_commands

    now, given = datetime.now(UTC), _source(source, snapshot)
    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        with busy("Asking every member and API server"):
            planned = _planned(target, given, snapshot, now, without=tuple(without or ()), force=force)
            next_ = next_commands(stack, now, [i for m, i in planned.state.instances.items() if m in (without or ())])
        if not yes:
            data = {**restore_json(planned.plan), "snapshot": planned.wanted.key, "keys_back": [*planned.keys.back]}
            preview(as_json, data, lambda console: _print_plan(console, target, planned), planned.plan.refusals)
            return
        if planned.plan.refusals:
            raise RefusedError(planned.plan.refusals)
        with busy("Restoring") as log:
            revision = _carry_out(target, planned, stack, minutes, log)
            log("Next, so that no client or node remembers a later state:")
            for command in next_:
                log(f"  {command}")
    if as_json:
        print_json({"snapshot": planned.wanted.key, "revision": revision, "next": list(next_)})


def _source(address: str, snapshot: str) -> SnapshotSource | None:
    """The snapshot of another bucket; None for one of the cluster's own."""
    if not address:
        return None
    from tripod.operations.restore.snapshot_import import source_of

    if snapshot:
        raise typer.BadParameter("--from names the snapshot: leave --snapshot out")
    found = source_of(address)
    if found is None:
        raise typer.BadParameter(f"{address!r} is no address such as s3://bucket/etcd/latest.db")
    return found


def _planned(
    target: ClusterTarget,
    source: SnapshotSource | None,
    snapshot: str,
    now: datetime,
    *,
    without: tuple[str, ...],
    force: bool,
) -> _Restore:
    """Plan a restore. A snapshot of another bucket is there as soon as it is copied."""
    from tripod.cli.commands.common import key_store
    from tripod.operations.backup.run import snapshot_location, snapshots
    from tripod.operations.restore.keys import lost_key_refusals, restore_keys
    from tripod.operations.restore.plan import RestoreTarget, new_token, restore_plan
    from tripod.operations.restore.run import restore_state
    from tripod.operations.restore.snapshot_import import source_refusals

    inventory, store = target.inventory(), key_store(target)
    location = snapshot_location(inventory)
    state, secret = restore_state(inventory, target.remote(), location), store.read()
    newest = next((one.key for one in snapshots(inventory, location)), "the newest snapshot")
    key = source.imported_key if source else snapshot or newest
    keys = restore_keys(_record(target, location.bucket, key, source), secret)
    wanted = RestoreTarget(
        location.bucket,
        key,
        new_token(location.token, now),
        force,
        imported=source is not None,
        to_drop=keys.to_drop,
        without=without,
    )
    refusals = list(lost_key_refusals(keys, key, store.name))
    if source:
        refusals += source_refusals(target.client("s3"), source)
        state = replace(state, snapshots=state.snapshots | {key})
    plan = restore_plan(state, wanted)
    plan = replace(plan, refusals=(*refusals, *plan.refusals))
    return _Restore(source, location, state, wanted, secret, keys, plan)


def _record(target: ClusterTarget, bucket: str, key: str, source: SnapshotSource | None) -> SnapshotKeys | None:
    """The record of the snapshot's encryption keys; None where it cannot be read, which is refused."""
    from botocore.exceptions import ClientError

    from tripod.operations.backup.keys import record_of

    try:
        place = (source.bucket, source.key) if source else (bucket, key)
        return record_of(target.client("s3"), *place)
    except ClientError:
        if source is None:
            raise
        return None


def _carry_out(target: ClusterTarget, planned: _Restore, stack: str, minutes: int, log: Log) -> int:
    """Carry a restore out, and return the revision that etcd has then.

    Raises:
        OperationError: it stopped; the message has the remedy.
    """
    from tripod.cli.commands.common import key_store, retry_policy, rotator_of
    from tripod.operations.restore.keys import bring_back
    from tripod.operations.restore.run import Restorer
    from tripod.operations.restore.snapshot_import import import_snapshot

    if planned.source:
        import_snapshot(target.client("s3"), planned.source, planned.location)
        log(f"{planned.source} copied to s3://{planned.wanted.bucket}/{planned.wanted.key}")
    bring_back(key_store(target), planned.secret, planned.keys, log)
    revision = Restorer(target.remote(), retry_policy(minutes), log).restore(planned.plan, planned.state)
    log(f"etcd is back at revision {revision}")
    if planned.keys.to_drop:
        try:
            rotator_of(target, minutes, log).rotate()
        except OperationError as error:
            raise OperationError(
                f"etcd is restored, and every Secret is readable; their keys are not yet changed: {error}. Do not "
                f"restore again: `tripod rotate {stack} encryption --yes` goes on"
            ) from error
    return revision


def _print_plan(console: Console, target: ClusterTarget, planned: _Restore) -> None:
    from rich.text import Text

    from tripod.cli.commands.common import key_store
    from tripod.cli.output.operations import print_restore
    from tripod.operations.restore.snapshot_import import keys_note

    console.print(Text(f"Snapshot s3://{planned.wanted.bucket}/{planned.wanted.key}"), soft_wrap=True)
    if planned.source:
        console.print(Text(f"  copied from {planned.source} before anything is stopped"), soft_wrap=True)
        console.print(Text(keys_note(planned.source, key_store(target).name), "yellow"), soft_wrap=True)
    if planned.keys.back:
        line = f"  {', '.join(planned.keys.back)}: retired, in use again until every Secret is rewritten"
        console.print(Text(line), soft_wrap=True)
    print_restore(console, planned.plan)
