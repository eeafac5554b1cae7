"""`tripod etcd`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import BROKEN, stack_errors
from tripod.cli.output.streams import print_error, print_json

if TYPE_CHECKING:
    from tripod.cli.target import ClusterTarget
    from tripod.operations.etcd_maintenance import EtcdState

Action = Literal["status", "defragment", "disarm"]


def etcd(
    stack: Stack,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="WHAT",
            help="Status of members' space; defragment their databases; disarm the alarm of a full one.",
        ),
    ],
    *,
    yes: Yes = False,
    minutes: Minutes = 15,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Show the members' space, free it, or clear the alarm of a full database.

    A defragmentation goes member by member, the leader last, each healthy before the next. After an alarm it compacts
    first. `status` has exit code 1 if there is an alarm, an unhealthy
    member, no leader, or a database or file system that is almost full.
    """
    from tripod.cli.commands.common import busy
    from tripod.cli.target import open_cluster

    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        with busy("Asking the members of etcd"):
            state = _observe(target)
        match action:
            case "status":
                _status(state, as_json)
            case "defragment":
                _defragment(target, state, yes, minutes, as_json)
            case "disarm":
                _disarm(target, state, yes, as_json)


def _observe(target: ClusterTarget) -> EtcdState:
    from tripod.operations.etcd_maintenance import etcd_state
    from tripod.operations.fleet import members_of
    from tripod.operations.observe import fleet_of, member_views

    fleet = fleet_of(target.inventory())
    instances = members_of(fleet)
    return etcd_state(fleet.members, instances, member_views(target.remote(), instances))


def _status(state: EtcdState, as_json: bool) -> None:
    from rich.console import Console

    from tripod.cli.output.etcd import print_space, space_json
    from tripod.operations.etcd_maintenance import space_problems

    problems = [*(str(refusal) for refusal in state.refusals), *space_problems(state)]
    if as_json:
        print_json({**space_json(state), "problems": problems})
    else:
        print_space(Console(), state)
        for problem in problems:
            print_error(problem)
    if problems:
        raise typer.Exit(BROKEN)


def _defragment(target: ClusterTarget, state: EtcdState, yes: bool, minutes: int, as_json: bool) -> None:
    from tripod.cli.commands.common import busy, preview, retry_policy
    from tripod.cli.output.etcd import print_space, space_json
    from tripod.operations.etcd_maintenance import Defragmenter

    if not yes:
        data = {**space_json(state), "order": state.order}
        preview(as_json, data, lambda console: print_space(console, state), state.refusals)
        return
    with busy("Defragmenting") as log:
        done = Defragmenter(lambda: _observe(target), target.remote(), retry_policy(minutes), log).defragment()
    if as_json:
        print_json({"members": {member: {"before": was, "after": is_} for member, (was, is_) in done.items()}})


def _disarm(target: ClusterTarget, state: EtcdState, yes: bool, as_json: bool) -> None:
    from rich.text import Text

    from tripod.cli.commands.common import busy, preview
    from tripod.operations.errors import OperationError, RefusedError
    from tripod.operations.etcd_maintenance import DISARM, disarm_refusals
    from tripod.operations.remote import ask

    refusals, alarms = disarm_refusals(state), sorted(state.alarms)
    if not yes or not alarms:
        line = f"Alarms: {', '.join(alarms) or 'none, so that there is nothing to clear'}."
        preview(as_json, {"alarms": alarms}, lambda console: console.print(Text(line)), refusals)
        return
    if refusals:
        raise RefusedError(refusals)
    with busy("Clearing the alarm"):
        ask(target.remote(), state.instances[state.leader], DISARM)
        left = _observe(target).alarms
    if left:
        raise OperationError(f"etcd has the alarm {', '.join(sorted(left))} again: see `tripod etcd STACK status`")
    if as_json:
        print_json({"disarmed": alarms})
