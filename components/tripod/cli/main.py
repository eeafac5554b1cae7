"""The `tripod` command. It finds the nearest Pulumi.yaml upwards, and knows nothing of the program there."""

import signal
import subprocess
import sys
import threading
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tripod.cli.commands import OPERATIONS
from tripod.cli.errors import BROKEN, explained, print_json
from tripod.cli.output.checks import outcomes_json, print_outcomes
from tripod.cli.output.objects import inside_json, inside_text
from tripod.cli.output.outputs import output_table
from tripod.cli.output.resources import recording_json, resource_tree
from tripod.cli.output.review import preview_file, read_preview, review_json, review_text
from tripod.cli.rehearse import rehearsed
from tripod.cli.target import open_cluster
from tripod.operations.in_cluster import CHECKS as INSIDE_CHECKS
from tripod.operations.in_cluster.view import ClusterView, KubernetesApi
from tripod.operations.verify import run_checks
from tripod.operations.verify import verify as look
from tripod.rehearsal.engine import LocalEngine, has_engine
from tripod.rehearsal.moto_server import EMULATOR_PORT, emulated_aws
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record
from tripod.stack.project import Project, ProjectError, StackConfig, find_project, read_stack

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Stack = Annotated[str, typer.Argument(metavar="STACK", help="The stack: local, staging, production …")]
Json = Annotated[bool, typer.Option("--json", help="Print data for machines instead of text for people.")]
Full = Annotated[bool, typer.Option("--full", help="Show every resource by itself.")]


def open_stack(stack: str) -> tuple[Project, StackConfig]:
    """A stack of the nearest project.

    Raises:
        ProjectError: there is none.
    """
    project = find_project(Path.cwd())
    return project, read_stack(project, stack)


def planned(project: Project, stack: str, config: StackConfig, zones: tuple[str, ...] = ()) -> Recording:
    """A stack's plan."""
    return record(project, stack, config, PlanBackend(config.region, zones))


@app.command()
def plan(
    stack: Stack,
    *,
    as_json: Json = False,
    full: Full = False,
    zones: Annotated[
        str, typer.Option(help="Zones that the account has in the region, with commas; by default those recorded.")
    ] = "",
) -> None:
    """Show the resources of a stack. No AWS is asked, no network, no engine."""
    with explained(as_json=as_json, source=f"Pulumi.{stack}.yaml"):
        project, config = open_stack(stack)
        recording = planned(project, stack, config, tuple(name.strip() for name in zones.split(",") if name.strip()))
    if as_json:
        print_json(recording_json(recording))
    else:
        Console().print(resource_tree(recording, _title(stack, config), full=full))


@app.command()
def rehearse(stack: Stack, *, as_json: Json = False, full: Full = False) -> None:
    """Create a stack in an emulated AWS on this machine, verify what came of it, and forget it."""
    console = Console(stderr=as_json)
    with explained(as_json=as_json, source=f"Pulumi.{stack}.yaml"):
        project, config = open_stack(stack)
        # The program says what it says when it runs for good.
        with redirect_stderr(StringIO()):
            intended = planned(project, stack, config)
    with explained(as_json=as_json, source=f"Pulumi.{stack}.yaml"):
        done = rehearsed(console, project, stack, config, intended)
    recording, outcomes = done.recording, done.outcomes
    if as_json:
        print_json({**recording_json(recording), "checks": outcomes_json(outcomes), "objects": inside_json(done.fates)})
    else:
        console.print(resource_tree(recording, _title(stack, config), full=full))
        console.print()
        if outcomes:
            print_outcomes(console, outcomes)
            console.print()
        inside = inside_text(done.fates)
        if inside:
            console.print(inside, soft_wrap=True)
            console.print()
        console.print(output_table(recording.outputs))
        console.print()
        console.print(_next_steps(project, stack), highlight=False)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(BROKEN)


@app.command()
def up(stack: Stack) -> None:
    """Bring a stack up: with the engine where `pulumi` is on PATH, otherwise as a rehearsal."""
    if not has_engine():
        rehearse(stack)
        return
    console = Console()
    with explained(as_json=False, source=f"Pulumi.{stack}.yaml"):
        project, config = open_stack(stack)
        planned(project, stack, config)
        if config.endpoint is None:
            command = ["pulumi", "up", "--stack", stack]
            raise typer.Exit(subprocess.run(command, cwd=project.folder, check=False).returncode)  # noqa: S603
        LocalEngine(project, stack, config.endpoint).up(console.rule)
    verify(stack)


@app.command()
def down(stack: Stack) -> None:
    """Stop the emulated AWS that `tripod up` started for a stack, and forget what was in it."""
    with explained(as_json=False, source=f"Pulumi.{stack}.yaml"):
        project, config = open_stack(stack)
        if config.endpoint is None:
            raise ProjectError(f"{stack} is in AWS itself: `pulumi destroy --stack {stack}` takes it down")
        LocalEngine(project, stack, config.endpoint).down()


@app.command()
def verify(
    stack: Stack,
    *,
    as_json: Json = False,
    cluster: Annotated[
        str, typer.Option(help="The cluster's name, where the stack file does not say it, or another is meant.")
    ] = "",
    kubeconfig: Annotated[
        Path | None, typer.Option(help="How the cluster's API is reached: then its inside is looked at too.")
    ] = None,
) -> None:
    """Look whether a cluster is what it should be. AWS is read, and the API with --kubeconfig; never the plan."""
    console = Console(stderr=as_json)
    with explained(as_json=as_json, source=f"Pulumi.{stack}.yaml"):
        account = open_cluster(stack, cluster).account()
        with console.status("Reading AWS"):
            outcomes = look(account)
        if kubeconfig is not None:
            with console.status("Asking the cluster"):
                inside = ClusterView(KubernetesApi(kubeconfig), account.topology["survives"])
                outcomes += run_checks(INSIDE_CHECKS, inside)
    if as_json:
        print_json(outcomes_json(outcomes))
    else:
        if kubeconfig is None:
            console.print("In AWS. --kubeconfig FILE looks at the cluster's inside too.\n", style="dim")
        print_outcomes(console, outcomes)
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(BROKEN)


@app.command()
def review(
    preview: Annotated[Path, typer.Argument(metavar="FILE", help="What `pulumi preview --json` wrote.")],
    *,
    title: Annotated[str, typer.Option(help="What the comment is headed by.")] = "Preview",
    allow: Annotated[list[str] | None, typer.Option(help="Name or URN of what may be lost; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a preview would do, for a pull request. Exit code 1 if the cluster would lose what it stands on."""
    with explained(as_json=as_json, source=str(preview)):
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
    """Run the emulated AWS that the local stack speaks to, until it is interrupted."""
    ended = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()

    # Before it listens: whoever sees it listen may end it. A shell starts what is in the background with interrupts
    # ignored, so that they are asked for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with explained(as_json=False, source=""), emulated_aws(port) as address:
        Console().print(f"An emulated AWS listens on {address}. Ctrl-C ends it, and it forgets everything.")
        # A signal may reach another thread: then nothing wakes this one, which runs the handler.
        while not ended.wait(0.2):
            pass


for operation in OPERATIONS:
    app.command()(operation)


def _title(stack: str, config: StackConfig) -> str:
    return f"{stack} · {config.region}"


def _next_steps(project: Project, stack: str) -> str:
    """What to do after a rehearsal."""
    others = [name for name in project.stacks if name != stack]
    steps = {
        f"change Pulumi.{stack}.yaml, run this again": "docs/configuration.md has every key",
        f"tripod plan {stack} --full": "every resource, in seconds",
        **{f"pulumi up --stack {name}": "the same program, in your account" for name in others[-1:]},
    }
    lines = [f"  {step:<42}{meaning}" for step, meaning in steps.items()]
    return "\n".join(["What you saw was created in an emulator and is gone. Next:", *lines])


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
