"""The `tripod` command. It finds the nearest Pulumi.yaml upwards, and runs any program there.

Commands import what they need when they run: `tripod --help` and completion load none of the SDKs.
"""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tripod.cli.commands import OPERATIONS
from tripod.cli.commands.options import Json, Stack
from tripod.cli.errors import BROKEN, stack_errors, user_errors
from tripod.cli.output.streams import print_json

if TYPE_CHECKING:
    from tripod.rehearsal.program import Recording
    from tripod.stack.project import Project, StackConfig

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

EMULATOR_PORT = 5566
"""The port of the emulated AWS in Pulumi.local.yaml."""

Full = Annotated[bool, typer.Option("--full", help="Show every resource by itself.")]


def open_stack(stack: str) -> tuple[Project, StackConfig]:
    """A stack of the nearest project.

    Raises:
        ProjectError: there is none.
    """
    from tripod.stack.project import find_project, read_stack

    project = find_project(Path.cwd())
    return project, read_stack(project, stack)


def record_plan(project: Project, stack: str, config: StackConfig, zones: tuple[str, ...] = ()) -> Recording:
    """Record a stack's plan."""
    from tripod.rehearsal.plan_backend import PlanBackend
    from tripod.rehearsal.program import record

    return record(project, stack, config, PlanBackend(config.region, zones))


@app.command()
def plan(
    stack: Stack,
    *,
    as_json: Json = False,
    full: Full = False,
    zones: Annotated[
        str, typer.Option(help="The account's zones in the region, with commas; by default those recorded.")
    ] = "",
) -> None:
    """Show the resources of a stack. It needs no AWS, no network, no engine."""
    from rich.console import Console

    from tripod.cli.output.resources import recording_json, resource_tree

    with stack_errors(stack, as_json=as_json):
        project, config = open_stack(stack)
        names = tuple(name.strip() for name in zones.split(",") if name.strip())
        recording = record_plan(project, stack, config, names)
    if as_json:
        print_json(recording_json(recording))
    else:
        Console().print(resource_tree(recording, _title(stack, config), full=full))


@app.command()
def rehearse(stack: Stack, *, as_json: Json = False, full: Full = False) -> None:
    """Create a stack in an emulated AWS on this machine, verify the result, and forget it."""
    from rich.console import Console

    from tripod.rehearsal.moto_process import emulator_process

    console = Console(stderr=as_json)
    with stack_errors(stack, as_json=as_json):
        project, config = open_stack(stack)
        with emulator_process() as emulator:
            # The program prints its own messages when it runs the second time.
            with redirect_stderr(StringIO()):
                intended = record_plan(project, stack, config)

            from tripod.cli.rehearse import print_rehearsal, rehearsal_json, run_rehearsal

            result = run_rehearsal(console, project, stack, config, intended, emulator)
    if as_json:
        print_json(rehearsal_json(result))
    else:
        print_rehearsal(console, result, _title(stack, config), full=full)
        console.print(_next_steps(project, stack), highlight=False)
    if not all(outcome.passed for outcome in result.outcomes):
        raise typer.Exit(BROKEN)


@app.command()
def up(stack: Stack) -> None:
    """Bring a stack up: with the engine where `pulumi` is on PATH, otherwise as a rehearsal."""
    from rich.console import Console

    from tripod.rehearsal.engine import LocalEngine, has_engine

    if not has_engine():
        rehearse(stack)
        return
    console = Console()
    with stack_errors(stack):
        project, config = open_stack(stack)
        record_plan(project, stack, config)
        if config.endpoint is None:
            command = ["pulumi", "up", "--stack", stack]
            raise typer.Exit(subprocess.run(command, cwd=project.folder, check=False).returncode)  # noqa: S603
        LocalEngine(project, stack, config.endpoint).up(console.rule)
    verify(stack)


@app.command()
def down(stack: Stack) -> None:
    """Stop the emulated AWS that `tripod up` started for a stack, and forget what was in it."""
    from tripod.rehearsal.engine import LocalEngine
    from tripod.stack.project import ProjectError

    with stack_errors(stack):
        project, config = open_stack(stack)
        if config.endpoint is None:
            raise ProjectError(f"{stack} is in AWS itself: `pulumi destroy --stack {stack}` takes it down")
        LocalEngine(project, stack, config.endpoint).down()


@app.command()
def verify(
    stack: Stack,
    *,
    as_json: Json = False,
    cluster: Annotated[str, typer.Option(help="The cluster's name, if it is not the one in the stack file.")] = "",
    kubeconfig: Annotated[
        Path | None, typer.Option(help="The kubeconfig of the cluster's API, for the in-cluster checks.")
    ] = None,
) -> None:
    """Check a running cluster: in AWS, and through its API with --kubeconfig; never against the plan."""
    from rich.console import Console

    from tripod.cli.output.checks import outcomes_json, print_outcomes
    from tripod.cli.target import open_cluster
    from tripod.operations.in_cluster import CHECKS
    from tripod.operations.in_cluster.view import ClusterView, KubernetesApi
    from tripod.operations.verify import run_checks
    from tripod.operations.verify import verify as verify_in_aws

    console = Console(stderr=as_json)
    with stack_errors(stack, as_json=as_json):
        inventory = open_cluster(stack, cluster).inventory()
        with console.status("Reading AWS"):
            outcomes = verify_in_aws(inventory)
        if kubeconfig is not None:
            with console.status("Reading the cluster's API"):
                view = ClusterView(KubernetesApi(kubeconfig), inventory.topology["survives"])
                outcomes += run_checks(CHECKS, view)
    if as_json:
        print_json(outcomes_json(outcomes))
    else:
        if kubeconfig is None:
            console.print("In AWS. --kubeconfig FILE adds the in-cluster checks.\n", style="dim")
        print_outcomes(console, outcomes)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(BROKEN)


@app.command()
def review(
    preview: Annotated[Path, typer.Argument(metavar="FILE", help="The output of `pulumi preview --json`.")],
    *,
    title: Annotated[str, typer.Option(help="The heading of the comment.")] = "Preview",
    allow: Annotated[list[str] | None, typer.Option(help="Name or URN of what may be lost; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Summarise a preview for a pull request. Exit code 1 if the cluster would lose what it depends on."""
    from tripod.cli.output.review import preview_file, read_preview, review_json, review_text

    with user_errors(str(preview), as_json=as_json):
        read = read_preview(preview_file(preview))
    if as_json:
        print_json(review_json(read, allow or ()))
    else:
        sys.stdout.write(review_text(read, title, allow or ()))
    if read.lost(allow or ()):
        raise typer.Exit(BROKEN)


@app.command()
def emulator(
    port: Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=0, max=65535)] = EMULATOR_PORT,
) -> None:
    """Run the emulated AWS that the local stack uses, until it is interrupted."""
    from rich.console import Console

    from tripod.rehearsal.moto_server import emulated_aws

    ended = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()

    # Before it listens: a caller that finds it listening may end it. A shell starts what is in the background with
    # interrupts ignored, so that they are asked for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with user_errors(""), emulated_aws(port) as address:
        Console().print(f"An emulated AWS listens on {address}. Ctrl-C ends it, and it forgets everything.")
        # A signal may reach another thread: then nothing wakes this one, which runs the handler.
        while not ended.wait(0.2):
            pass


for operation in OPERATIONS:
    app.command()(operation)


def _title(stack: str, config: StackConfig) -> str:
    return f"{stack} · {config.region}"


def _next_steps(project: Project, stack: str) -> str:
    """The commands to run after a rehearsal."""
    others = [name for name in project.stacks if name != stack]
    steps = {
        f"change Pulumi.{stack}.yaml, run this again": "docs/configuration.md has every key",
        f"tripod plan {stack} --full": "every resource, in seconds",
        **{f"pulumi up --stack {name}": "the same program, in your account" for name in others[-1:]},
    }
    lines = [f"  {step:<42}{meaning}" for step, meaning in steps.items()]
    return "\n".join(["All of this was created in an emulator and is gone. Next:", *lines])


def main() -> None:
    """Run the command."""
    # Nearly all that a command makes is in use until it ends, when the interpreter looks for garbage once more:
    # without either a plan takes a sixth less.
    gc.set_threshold(2_000_000)
    try:
        app()
    finally:
        gc.disable()


if __name__ == "__main__":
    main()
