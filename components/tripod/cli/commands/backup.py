"""`tripod backup` and `tripod backups`."""

from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.text import Text

from tripod.cli.commands.options import Json, Name, Stack, Yes, busy, display, members_of
from tripod.cli.errors import BROKEN, print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import open_cluster, operation_errors
from tripod.operations.backup.run import member_for_snapshot, snapshot_place, snapshots, staleness, take_snapshot
from tripod.operations.observe import fleet_of, member_views


def backup(stack: Stack, *, yes: Yes = False, cluster: Name = "", as_json: Json = False) -> None:
    """Take a snapshot of etcd now, and look whether it lies in the bucket as it should."""
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        account, remote = opened.account(), opened.remote()
        with busy("Asking the members of etcd"):
            place, instances = snapshot_place(account), members_of(fleet_of(account))
            member = member_for_snapshot(member_views(remote, instances))
        if not yes:
            told = f"Would take a snapshot on member {member} ({instances[member]}) into s3://{place.bucket}."
            display(as_json, {"member": member, "bucket": place.bucket}, lambda console: console.print(Text(told)))
            return
        with busy(f"Taking a snapshot on member {member}"):
            taken = take_snapshot(account, remote, place, member, instances[member])
    if as_json:
        found = {"key": taken.snapshot.key, "bytes": taken.snapshot.size, "revision": taken.revision}
        print_json({"bucket": taken.bucket, "member": taken.member, **found})
    else:
        revision = "" if taken.revision is None else f", revision {taken.revision}"
        size = f"{taken.snapshot.size} bytes{revision}, on member {taken.member}"
        Console().print(Text(f"s3://{taken.bucket}/{taken.snapshot.key}: {size}"), soft_wrap=True)


def backups(stack: Stack, *, cluster: Name = "", as_json: Json = False) -> None:
    """List the snapshots of etcd. Exit code 1 where the newest is older than two intervals."""
    now = datetime.now(UTC)
    with operation_errors(stack, as_json=as_json):
        account = open_cluster(stack, cluster).account()
        place = snapshot_place(account)
        found = snapshots(account, place)
    problem = staleness(found, place, now)
    if as_json:
        print_json({"bucket": place.bucket, "snapshots": printing.snapshots_json(found, now), "problem": problem})
    else:
        printing.print_snapshots(Console(), found, now)
        if problem:
            Console(stderr=True).print(Text(problem, "red"), soft_wrap=True)
    if problem:
        raise typer.Exit(BROKEN)
