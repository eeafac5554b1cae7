"""`tripod backup` and `tripod backups`."""

from datetime import UTC, datetime

import typer

from tripod.cli.commands.options import Json, Name, Stack, Yes
from tripod.cli.errors import BROKEN, stack_errors
from tripod.cli.output.streams import print_error, print_json


def backup(stack: Stack, *, yes: Yes = False, cluster: Name = "", as_json: Json = False) -> None:
    """Take a snapshot of etcd now, and check it in the bucket."""
    from rich.console import Console
    from rich.text import Text

    from tripod.cli.commands.common import busy, preview
    from tripod.cli.target import open_cluster
    from tripod.operations.backup.run import member_for_snapshot, snapshot_location, take_snapshot
    from tripod.operations.fleet import members_of
    from tripod.operations.observe import fleet_of, member_views

    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        inventory, remote = target.inventory(), target.remote()
        with busy("Asking the members of etcd"):
            location, instances = snapshot_location(inventory), members_of(fleet_of(inventory))
            member = member_for_snapshot(member_views(remote, instances))
        if not yes:
            line = f"Would take a snapshot on member {member} ({instances[member]}) into s3://{location.bucket}."
            preview(as_json, {"member": member, "bucket": location.bucket}, lambda console: console.print(Text(line)))
            return
        with busy(f"Taking a snapshot on member {member}"):
            taken = take_snapshot(inventory, remote, location, member, instances[member])
    if as_json:
        found = {"key": taken.snapshot.key, "bytes": taken.snapshot.size, "revision": taken.revision}
        print_json({"bucket": taken.bucket, "member": taken.member, **found})
    else:
        revision = "" if taken.revision is None else f", revision {taken.revision}"
        size = f"{taken.snapshot.size} bytes{revision}, on member {taken.member}"
        Console().print(Text(f"s3://{taken.bucket}/{taken.snapshot.key}: {size}"), soft_wrap=True)


def backups(stack: Stack, *, cluster: Name = "", as_json: Json = False) -> None:
    """List the snapshots of etcd. Exit code 1 if the newest is older than two intervals."""
    from rich.console import Console

    from tripod.cli.output.operations import print_snapshots, snapshots_json
    from tripod.cli.target import open_cluster
    from tripod.operations.backup.run import snapshot_location, snapshots, staleness

    now = datetime.now(UTC)
    with stack_errors(stack, as_json=as_json):
        inventory = open_cluster(stack, cluster).inventory()
        location = snapshot_location(inventory)
        found = snapshots(inventory, location)
    problem = staleness(found, location, now)
    if as_json:
        print_json({"bucket": location.bucket, "snapshots": snapshots_json(found, now), "problem": problem})
    else:
        print_snapshots(Console(), found, now)
        if problem:
            print_error(problem)
    if problem:
        raise typer.Exit(BROKEN)
