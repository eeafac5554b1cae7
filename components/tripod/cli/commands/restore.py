"""`tripod restore`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json
from tripod.operations.errors import RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from tripod.cli.target import ClusterTarget
    from tripod.operations.restore.run import RestorePlan, RestoreState, RestoreTarget
    from tripod.operations.restore.snapshot_import import SnapshotSource


def restore(
    stack: Stack,
    *,
    yes: Yes = False,
    snapshot: Annotated[str, typer.Option(help="The snapshot's key; by default the newest.")] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="S3_ADDRESS", help="A snapshot of another bucket: s3://bucket/key.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Give up the data of an etcd that works.")] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Restore all of etcd from a snapshot, on every member, as a new cluster.

    API servers stop, every member starts from the same file with a new token, and API servers start again. A snapshot
    of another bucket is copied into the cluster's own first, with your rights: members have none there.
    """
    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.operations import restore_json
    from tripod.cli.target import open_cluster
    from tripod.operations.backup.run import snapshot_location, snapshots
    from tripod.operations.restore.run import Restorer, RestoreTarget, new_token, next_commands, restore_state
    from tripod.operations.restore.snapshot_import import import_snapshot

    now, given = datetime.now(UTC), _source(source, snapshot)
    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        inventory, remote = target.inventory(), target.remote()
        with busy("Asking every member and API server"):
            location = snapshot_location(inventory)
            state = restore_state(inventory, remote, location)
            newest = next((one.key for one in snapshots(inventory, location)), "the newest snapshot")
            key = given.imported_key if given else snapshot or newest
            wanted = RestoreTarget(location.bucket, key, new_token(location.token, now), force)
            plan = _plan(target, state, wanted, given)
        if not yes:
            data = {**restore_json(plan), "snapshot": wanted.key}
            preview(as_json, data, lambda console: _print_plan(console, target, wanted, given, plan), plan.refusals)
            return
        if plan.refusals:
            raise RefusedError(plan.refusals)
        with busy("Restoring") as log:
            if given:
                import_snapshot(target.client("s3"), given, location)
                log(f"{given} copied to s3://{wanted.bucket}/{wanted.key}")
            revision = Restorer(remote, retry_policy(minutes), log).restore(plan, state)
            log(f"etcd is back at revision {revision}. Next, so that no client or node remembers a later state:")
            for command in next_commands(stack, now):
                log(f"  {command}")
    if as_json:
        print_json({"snapshot": wanted.key, "revision": revision, "next": list(next_commands(stack, now))})


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


def _plan(
    target: ClusterTarget, state: RestoreState, wanted: RestoreTarget, source: SnapshotSource | None
) -> RestorePlan:
    """The plan. A snapshot of another bucket is there as soon as it is copied."""
    from tripod.operations.restore.run import restore_plan
    from tripod.operations.restore.snapshot_import import source_refusals

    if source is None:
        return restore_plan(state, wanted)
    refusals = tuple(source_refusals(target.client("s3"), source))
    plan = restore_plan(replace(state, snapshots=state.snapshots | {wanted.key}), replace(wanted, imported=True))
    return replace(plan, refusals=(*refusals, *plan.refusals))


def _print_plan(
    console: Console, target: ClusterTarget, wanted: RestoreTarget, source: SnapshotSource | None, plan: RestorePlan
) -> None:
    from rich.text import Text

    from tripod.cli.output.operations import print_restore

    console.print(Text(f"Snapshot s3://{wanted.bucket}/{wanted.key}"), soft_wrap=True)
    if source:
        console.print(Text(f"  copied from {source} before anything is stopped"), soft_wrap=True)
        console.print(Text(_keys_note(target, source), "yellow"), soft_wrap=True)
    print_restore(console, plan)


def _keys_note(target: ClusterTarget, source: SnapshotSource) -> str:
    from tripod.operations.restore.snapshot_import import keys_note
    from tripod.pki.secret_names import ClusterPaths, SecretName

    paths = ClusterPaths(target.name, target.inventory().incarnation)
    return keys_note(source, paths.secret(SecretName.ENCRYPTION))
