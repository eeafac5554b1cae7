"""`tripod roll`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes, busy, display, patience
from tripod.cli.errors import print_json
from tripod.cli.output import operations as printing
from tripod.cli.target import open_cluster, operation_errors
from tripod.core.text import count_of
from tripod.operations.observe import ClusterHealth, observe, terminate
from tripod.operations.roll.plan import RollOptions, roll_plan
from tripod.operations.roll.run import Roller

_DATES = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]


def roll(
    stack: Stack,
    *,
    yes: Yes = False,
    only: Annotated[str, typer.Option(help="A role (etcd, control-plane, workers) or a group's name.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what runs the newest template already.")] = False,
    launched_before: Annotated[
        datetime | None,
        typer.Option(formats=_DATES, metavar="TIME", help="Also what was launched before, as 2026-01-31T12:00:00Z."),
    ] = None,
    minutes: Minutes = 30,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Replace instances that run an old template, one at a time, each until it is well.

    Members of etcd come first, then the control plane, then workers. It stops at the first that does not become well;
    run again, it goes on from there. It is refused while anything that the others stand on is not well.
    """
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        # AWS knows launches to the second.
        moment = datetime.now(UTC).replace(microsecond=0) if everything else launched_before
        choice = RollOptions(only, moment.replace(tzinfo=UTC) if moment else None)
        health = ClusterHealth(opened.account, opened.remote())
        if not yes:
            with busy("Asking every instance how it is"):
                plan = roll_plan(observe(opened.account(), health), choice)
            display(
                as_json, printing.roll_json(plan), lambda console: printing.print_roll(console, plan), plan.refusals
            )
            return
        account = opened.account()
        with busy("Rolling") as tell:
            roller = Roller(
                lambda: observe(opened.account(), health),
                lambda instance: terminate(account, instance),
                patience(minutes),
                tell,
            )
            done = roller.roll(choice)
            tell(f"{count_of(len(done), 'instance')} replaced, all well")
    if as_json:
        print_json({"replaced": [step.node.instance for step in done]})
