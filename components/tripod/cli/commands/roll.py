"""`tripod roll`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json

_DATES = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"]


def roll(
    stack: Stack,
    *,
    yes: Yes = False,
    only: Annotated[str, typer.Option(help="A role (etcd, control-plane, workers) or a group's name.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also instances that run the newest template.")] = False,
    launched_before: Annotated[
        datetime | None,
        typer.Option(formats=_DATES, metavar="TIME", help="Also instances older than 2026-01-31T12:00:00Z, say."),
    ] = None,
    minutes: Minutes = 30,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Replace instances that run an old template, one at a time, each until it is healthy.

    Members of etcd come first, then the control plane, then workers. It stops at the first that does not become
    healthy; run again, it goes on from there. It is refused while anything that the others depend on is unhealthy.
    """
    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.operations import print_roll, roll_json
    from tripod.cli.target import open_cluster
    from tripod.core.text import count_of
    from tripod.operations.observe import ClusterHealth, observe, terminate
    from tripod.operations.roll.plan import RollOptions, roll_plan
    from tripod.operations.roll.run import Roller

    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        # AWS records launches to the second.
        moment = datetime.now(UTC).replace(microsecond=0) if everything else launched_before
        options = RollOptions(only, moment.replace(tzinfo=UTC) if moment else None)
        health = ClusterHealth(target.inventory, target.remote())
        if not yes:
            with busy("Asking every instance for its health"):
                plan = roll_plan(observe(target.inventory(), health), options)
            preview(as_json, roll_json(plan), lambda console: print_roll(console, plan), plan.refusals)
            return
        inventory = target.inventory()
        with busy("Rolling") as log:
            roller = Roller(
                lambda: observe(target.inventory(), health),
                lambda instance: terminate(inventory, instance),
                retry_policy(minutes),
                log,
            )
            done = roller.roll(options)
            log(f"{count_of(len(done), 'instance')} replaced, all healthy")
    if as_json:
        print_json({"replaced": [step.node.instance for step in done]})
