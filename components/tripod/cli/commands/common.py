"""Steps that several commands share: progress, previews, and the instances that they ask."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.cli.errors import REFUSED
from tripod.cli.output.refusals import print_refusals
from tripod.cli.output.streams import print_json
from tripod.cli.target import ClusterTarget
from tripod.operations.errors import Refusal
from tripod.operations.fleet import CONTROL_PLANE
from tripod.operations.observe import fleet_of
from tripod.operations.waiting import Log

if TYPE_CHECKING:
    from tripod.operations.rotate.run import KeyStore, Rotator


@contextmanager
def busy(activity: str) -> Generator[Log]:
    """Show an activity, and print lines of progress, both on standard error: standard output is for data.

    Args:
        activity: its name, as a terminal shows it.
    """
    console = Console(stderr=True)
    with console.status(activity):
        yield lambda line: console.print(Text(line), soft_wrap=True)


def preview(
    as_json: bool, data: Mapping[str, object], show: Callable[[Console], None], refusals: Sequence[Refusal] = ()
) -> None:
    """Show a plan that is not carried out; exit code 2 if it would be refused."""
    if as_json:
        print_json(data)
    else:
        show(Console())
        if refusals:
            print_refusals(Console(stderr=True), refusals)
        else:
            Console().print(Text("Nothing was changed. `--yes` does it.", "dim"))
    if refusals:
        raise typer.Exit(REFUSED)


def retry_policy(minutes: int) -> RetryPolicy:
    """Retries for so many minutes, every 5 seconds at first and every 30 at last."""
    return RetryPolicy(minutes * 60, first=5, longest=30)


def servers(target: ClusterTarget) -> list[str]:
    """Control-plane nodes, including those that still boot: they may have read a secret already."""
    fleet = fleet_of(target.inventory())
    return [
        node.instance
        for node in fleet.nodes
        if fleet.role(node) == CONTROL_PLANE and not node.state.startswith("Terminating")
    ]


def key_store(target: ClusterTarget) -> KeyStore:
    """A cluster's encryption secret."""
    from tripod.operations.rotate.run import KeyStore
    from tripod.pki.secret_names import ClusterPaths, SecretName

    name = ClusterPaths(target.name, target.inventory().incarnation).secret(SecretName.ENCRYPTION)
    return KeyStore(target.client("secretsmanager"), name)


def rotator_of(target: ClusterTarget, minutes: int, log: Log) -> Rotator:
    """The rotation of a cluster's encryption key."""
    from tripod.operations.rotate.backups import ClusterBackups
    from tripod.operations.rotate.run import Rotator

    remote = target.remote()
    return Rotator(
        key_store(target),
        remote,
        lambda: servers(target),
        ClusterBackups(target.inventory, remote),
        retry_policy(minutes),
        log,
    )
