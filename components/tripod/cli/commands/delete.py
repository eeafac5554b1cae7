"""`tripod delete`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from tripod.cli.target import ClusterTarget


def delete(
    stack: Stack,
    *,
    yes: Yes = False,
    keep_volumes: Annotated[
        bool, typer.Option("--keep-volumes", help="Keep every volume and snapshot that Kubernetes made.")
    ] = False,
    without_api: Annotated[
        bool,
        typer.Option("--without-api", help="Go on although no API server answers. All volumes and snapshots stay."),
    ] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Take a cluster down: what Kubernetes made first, then what the engine made. What holds data stays.

    It shows what goes, what stays, and what is spared since it is not the cluster's. With `--yes`, Kubernetes releases
    load balancers and volumes, what is left of them is removed by the cluster's tags, and where `pulumi` is on PATH
    the engine destroys the rest, except what is protected. Volumes and snapshots go unless their class keeps them.
    """
    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.delete import delete_json, leftover_json, print_delete, removal_summary
    from tripod.cli.target import open_cluster
    from tripod.operations.delete.plan import DeletionOptions, delete_plan
    from tripod.operations.delete.run import Deleter, deletion_inventory
    from tripod.rehearsal.engine import has_engine

    options = DeletionOptions(without_api, keep_volumes)
    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        remote = target.remote()
        with busy("Looking for what Kubernetes made"):
            plan = delete_plan(deletion_inventory(target.inventory(), remote), options)
        if not yes:
            preview(as_json, delete_json(plan), lambda console: print_delete(console, plan), plan.refusals)
            return
        with busy("Removing what Kubernetes made") as log:
            deleter = Deleter(target.inventory, remote, retry_policy(minutes), log)
            removed = deleter.sweep(plan)
            log(removal_summary(removed, len(plan.found.unowned)))
        command = _destroy_command(stack)
        engine = has_engine()
        if engine:
            _destroy(target, stack, command)
            with busy("Removing what was made meanwhile"):
                removed += deleter.sweep_again(plan)
            deleter.prove_unowned_spared(plan)
        else:
            log(f"`pulumi` is not on PATH. Next, where it is: {' '.join(command)}")
    if as_json:
        stays = delete_json(plan)["stays"]
        print_json({"removed": [*map(leftover_json, removed)], "destroyed": engine, "stays": stays})


def _destroy_command(stack: str) -> list[str]:
    return ["pulumi", "destroy", "--stack", stack, "--exclude-protected", "--yes"]


def _destroy(target: ClusterTarget, stack: str, command: list[str]) -> None:
    """Have the engine destroy what it made, except what is protected. Its preview comes first, and is shown."""
    from tripod.cli.commands.api_access import open_api
    from tripod.rehearsal.engine import LocalEngine

    if target.config.endpoint is not None:
        LocalEngine(target.project, stack, target.config.endpoint).pulumi(*command[1:])
        return
    # An engine that destroys does not run the program, which would open the way.
    with open_api(target, required=False):
        done = subprocess.run(command, cwd=target.project.folder, check=False)  # noqa: S603
    if done.returncode:
        raise typer.Exit(done.returncode)
