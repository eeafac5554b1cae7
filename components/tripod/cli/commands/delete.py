"""`tripod delete`."""

import subprocess
from typing import Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes, busy, display, patience
from tripod.cli.errors import print_json
from tripod.cli.output.delete import delete_json, leftover_json, print_delete, told_removed
from tripod.cli.target import ClusterTarget, open_cluster, operation_errors
from tripod.operations.delete.plan import DeletionOptions, delete_plan
from tripod.operations.delete.run import Deleter, look
from tripod.rehearsal.engine import LocalEngine, has_engine


def delete(
    stack: Stack,
    *,
    yes: Yes = False,
    keep_volumes: Annotated[
        bool, typer.Option("--keep-volumes", help="Leave every volume that Kubernetes made.")
    ] = False,
    without_api: Annotated[
        bool, typer.Option("--without-api", help="Though no API server answers. Volumes stay then.")
    ] = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Take a cluster down: what Kubernetes made first, then what the engine made. What holds data stays.

    It shows what goes, what stays, and what is spared since it is not the cluster's. With `--yes`, Kubernetes lets go
    of load balancers and volumes, what is left of them is removed by the cluster's tags, and where `pulumi` is on PATH
    the engine destroys the rest, but for what is protected. Volumes go unless their class keeps them.
    """
    choice = DeletionOptions(without_api, keep_volumes)
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        remote = opened.remote()
        with busy("Looking for what Kubernetes made"):
            plan = delete_plan(look(opened.account(), remote), choice)
        if not yes:
            display(as_json, delete_json(plan), lambda console: print_delete(console, plan), plan.refusals)
            return
        with busy("Removing what Kubernetes made") as tell:
            deleter = Deleter(opened.account, remote, patience(minutes), tell)
            removed = deleter.sweep(plan)
            tell(told_removed(removed, len(plan.seen.foreign)))
        command = _destroy_command(stack)
        engine = has_engine()
        if engine:
            _destroy(opened, stack, command)
            deleter.prove_foreign_spared(plan)
        else:
            tell(f"`pulumi` is not on PATH. Next, where it is: {' '.join(command)}")
    if as_json:
        stays = delete_json(plan)["stays"]
        print_json({"removed": [*map(leftover_json, removed)], "destroyed": engine, "stays": stays})


def _destroy_command(stack: str) -> list[str]:
    return ["pulumi", "destroy", "--stack", stack, "--exclude-protected", "--yes"]


def _destroy(opened: ClusterTarget, stack: str, command: list[str]) -> None:
    """Have the engine destroy what it made, but for what is protected. Its preview comes first, and is shown."""
    if opened.config.endpoint is not None:
        LocalEngine(opened.project, stack, opened.config.endpoint).pulumi(*command[1:])
        return
    done = subprocess.run(command, cwd=opened.project.folder, check=False)  # noqa: S603
    if done.returncode:
        raise typer.Exit(done.returncode)
