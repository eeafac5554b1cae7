"""`tripod restore`."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tripod.explained import print_json
from tripod.operations import printing
from tripod.operations.backup import snapshot_place, snapshots
from tripod.operations.commands.options import Json, Minutes, Name, Stack, Yes, busy, patience, shown
from tripod.operations.failures import RefusedError
from tripod.operations.opened import open_cluster, reported
from tripod.operations.restore import Restorer, Wanted, look, new_token, next_commands, restore_plan


def restore(
    stack: Stack,
    *,
    yes: Yes = False,
    snapshot: Annotated[str, typer.Option(help="The snapshot's key; by default the newest.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Though etcd works: what is in it is given up.")] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Bring all of etcd back from a snapshot, on every member, as a new cluster."""
    now = datetime.now(UTC)
    with reported(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        account, remote = opened.account(), opened.remote()
        with busy("Asking every member and API server"):
            place = snapshot_place(account)
            scene = look(account, remote, place)
            newest = next((one.key for one in snapshots(account, place)), "the newest snapshot")
            wanted = Wanted(place.bucket, snapshot or newest, new_token(place.token, now), force)
            plan = restore_plan(scene, wanted)
        if not yes:
            data = {**printing.restore_json(plan), "snapshot": wanted.key}

            def show(console: Console) -> None:
                console.print(Text(f"Snapshot s3://{wanted.bucket}/{wanted.key}"), soft_wrap=True)
                printing.print_restore(console, plan)

            shown(as_json, data, show, plan.refusals)
            return
        if plan.refusals:
            raise RefusedError(plan.refusals)
        with busy("Restoring") as tell:
            revision = Restorer(remote, patience(minutes), tell).restore(plan, scene)
            tell(f"etcd is back at revision {revision}. Next, so that nobody remembers a later time:")
            for command in next_commands(stack, now):
                tell(f"  {command}")
    if as_json:
        print_json({"snapshot": wanted.key, "revision": revision, "next": list(next_commands(stack, now))})
