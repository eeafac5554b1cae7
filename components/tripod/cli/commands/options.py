"""What the commands have in common: options, progress, and how what they would do is shown."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.cli.errors import REFUSED, print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import ClusterTarget
from tripod.operations.errors import Refusal
from tripod.operations.fleet import CONTROL_PLANE, ETCD, Fleet
from tripod.operations.observe import fleet_of
from tripod.operations.waiting import Tell

Stack = Annotated[str, typer.Argument(metavar="STACK", help="The stack: local, staging, production …")]
Json = Annotated[bool, typer.Option("--json", help="Print data for machines instead of text for people.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without, what would be done is shown.")]
Name = Annotated[str, typer.Option("--cluster", help="The cluster's name, where the stack file does not say it.")]
Minutes = Annotated[int, typer.Option("--minutes", help="How long each thing that is waited for may take.", min=1)]


@contextmanager
def busy(what: str) -> Generator[Tell]:
    """Show that something goes on, and write lines of progress: beside the output, which machines may read.

    Args:
        what: what goes on, as a terminal shows it.
    """
    console = Console(stderr=True)
    with console.status(what):
        yield lambda line: console.print(Text(line), soft_wrap=True)


def display(
    as_json: bool, data: dict[str, Any], show: Callable[[Console], None], refusals: Sequence[Refusal] = ()
) -> None:
    """Show what would be done; exit code 2 where it would be refused."""
    if as_json:
        print_json(data)
    else:
        show(Console())
        if refusals:
            printing.print_refusals(Console(stderr=True), refusals)
        else:
            Console().print(Text("Nothing was changed. `--yes` does it.", "dim"))
    if refusals:
        raise typer.Exit(REFUSED)


def patience(minutes: int) -> RetryPolicy:
    """How long something is waited for."""
    return RetryPolicy(minutes * 60, first=5, longest=30)


def members_of(fleet: Fleet) -> dict[str, str]:
    """Member → instance, of those in service."""
    serving = [node for node in fleet.nodes if node.in_service and fleet.role(node) == ETCD]
    return {fleet.group(node.group).member: node.instance for node in serving}


def servers(opened: ClusterTarget) -> list[str]:
    """Control-plane nodes, those that still boot among them: they may have read a secret already."""
    fleet = fleet_of(opened.account())
    return [
        node.instance
        for node in fleet.nodes
        if fleet.role(node) == CONTROL_PLANE and not node.state.startswith("Terminating")
    ]
