"""`tripod restore`."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes, busy, display, patience
from tripod.cli.errors import print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import ClusterTarget, open_cluster, operation_errors
from tripod.operations.backup.run import snapshot_place, snapshots
from tripod.operations.errors import RefusedError
from tripod.operations.restore.run import (
    RestorePlan,
    Restorer,
    RestoreState,
    RestoreTarget,
    look,
    new_token,
    next_commands,
    restore_plan,
)
from tripod.operations.restore.snapshot_import import (
    SnapshotSource,
    import_snapshot,
    keys_note,
    source_of,
    source_refusals,
)
from tripod.pki.secret_names import ClusterPaths, SecretName


def restore(
    stack: Stack,
    *,
    yes: Yes = False,
    snapshot: Annotated[str, typer.Option(help="The snapshot's key; by default the newest.")] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="S3_ADDRESS", help="A snapshot of another bucket: s3://bucket/key.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Though etcd works: what is in it is given up.")] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Bring all of etcd back from a snapshot, on every member, as a new cluster.

    API servers stop, every member begins anew from the same file with a new token, and API servers start again. A
    snapshot of another bucket is copied into the cluster's own first, with your rights: members have none there.
    """
    now, given = datetime.now(UTC), _source(source, snapshot)
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        account, remote = opened.account(), opened.remote()
        with busy("Asking every member and API server"):
            place = snapshot_place(account)
            scene = look(account, remote, place)
            newest = next((one.key for one in snapshots(account, place)), "the newest snapshot")
            wanted = RestoreTarget(
                place.bucket, given.imported_key if given else snapshot or newest, new_token(place.token, now), force
            )
            plan = _planned(opened, scene, wanted, given)
        if not yes:
            data = {**printing.restore_json(plan), "snapshot": wanted.key}

            def show(console: Console) -> None:
                console.print(Text(f"Snapshot s3://{wanted.bucket}/{wanted.key}"), soft_wrap=True)
                if given:
                    console.print(Text(f"  copied from {given} before anything is stopped"), soft_wrap=True)
                    console.print(Text(_keys_note(opened, given), "yellow"), soft_wrap=True)
                printing.print_restore(console, plan)

            display(as_json, data, show, plan.refusals)
            return
        if plan.refusals:
            raise RefusedError(plan.refusals)
        with busy("Restoring") as tell:
            if given:
                import_snapshot(opened.client("s3"), given, place)
                tell(f"{given} copied to s3://{wanted.bucket}/{wanted.key}")
            revision = Restorer(remote, patience(minutes), tell).restore(plan, scene)
            tell(f"etcd is back at revision {revision}. Next, so that nobody remembers a later time:")
            for command in next_commands(stack, now):
                tell(f"  {command}")
    if as_json:
        print_json({"snapshot": wanted.key, "revision": revision, "next": list(next_commands(stack, now))})


def _source(address: str, snapshot: str) -> SnapshotSource | None:
    """The snapshot of another bucket that is meant; None for the cluster's own."""
    if not address:
        return None
    if snapshot:
        raise typer.BadParameter("--from names the snapshot: leave --snapshot out")
    found = source_of(address)
    if found is None:
        raise typer.BadParameter(f"{address!r} is no address such as s3://bucket/etcd/latest.db")
    return found


def _planned(
    opened: ClusterTarget, scene: RestoreState, wanted: RestoreTarget, source: SnapshotSource | None
) -> RestorePlan:
    """The plan. A snapshot of another bucket is there as soon as it is copied."""
    if source is None:
        return restore_plan(scene, wanted)
    refusals = tuple(source_refusals(opened.client("s3"), source))
    plan = restore_plan(replace(scene, snapshots=scene.snapshots | {wanted.key}), replace(wanted, foreign=True))
    return replace(plan, refusals=(*refusals, *plan.refusals))


def _keys_note(opened: ClusterTarget, source: SnapshotSource) -> str:
    paths = ClusterPaths(opened.name, opened.account().incarnation)
    return keys_note(source, paths.secret(SecretName.ENCRYPTION))
