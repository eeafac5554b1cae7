"""`tripod cutover`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.text import Text

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes, busy, display, patience
from tripod.cli.errors import print_json
from tripod.cli.output.operations import refusals_json
from tripod.cli.target import ClusterTarget, open_cluster, operation_errors
from tripod.core.problems import Path, Problem, raise_if_any
from tripod.dns.records import OLD, ObservedRecords, target_of, ttl_of
from tripod.dns.spec import CutoverSpec, cutover_problems
from tripod.operations.cutover import http_probe as probing
from tripod.operations.cutover.plan import CutoverPlan, drift, earliest
from tripod.operations.cutover.refusals import Action
from tripod.operations.cutover.run import Cutover
from tripod.operations.errors import Refusal
from tripod.stack.project import ProjectError


def cutover(
    stack: Stack,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The cut-over, as the stack file calls it.")],
    action: Annotated[Action, typer.Argument(metavar="ACTION", help=", ".join(Action))] = Action.STATUS,
    *,
    yes: Yes = False,
    early: Annotated[bool, typer.Option("--early", help="Though the share has not been held for its time.")] = False,
    no_probe: Annotated[
        bool,
        typer.Option("--no-probe", help="Where this machine cannot reach the new side: by Route 53's check alone."),
    ] = False,
    minutes: Minutes = 10,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Move a name from an old load balancer to the cluster: weights up in steps, back in one.

    status shows where it stands. lower-ttl comes first; then start, which gives the name weights; then advance, once
    for each step. back gives everything to the old side at once, whatever the new side's health. finish drops the old
    side, days after its weight became 0. A run that stopped can be run again: a change is made as a whole or not at
    all.
    """
    with operation_errors(stack, as_json=as_json):
        opened = open_cluster(stack, cluster)
        route53 = opened.client("route53")
        probe = None if no_probe else probing.probe
        moving = Cutover(_spec(opened, name), route53, probe, now)
        if action == Action.STATUS:
            _show(moving, as_json=as_json)
            return
        if not yes:
            with busy("Asking Route 53 and the new side"):
                plan = moving.plan(action, early=early)
            _preview(plan, as_json=as_json)
            return
        with busy("Asking Route 53 and the new side") as tell:
            plan = moving.make(action, patience(minutes), tell, early=early)
    if as_json:
        print_json(_told(plan))


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def _spec(opened: ClusterTarget, name: str) -> CutoverSpec:
    """The cut-over of a name, from the stack file.

    Raises:
        ConfigurationError: the stack file's cut-overs have problems.
        ProjectError: there is none of the name.
    """
    key = f"{opened.project.name}:cutovers"
    found: Any = opened.config.get(key)
    listed = [cast("dict[str, Any]", one) for one in cast("list[Any]", found or []) if isinstance(one, dict)]
    read = [CutoverSpec.read(values) for values in listed]
    path: Path = (key,)
    problems: list[Problem] = [
        problem.under(*path, position) for position, (_, problems) in enumerate(read) for problem in problems
    ]
    specs = [spec for spec, _ in read if spec is not None]
    raise_if_any([*problems, *cutover_problems(specs, path)])
    for spec in specs:
        if spec.name == name:
            return spec
    there = ", ".join(spec.name for spec in specs) or "none"
    raise ProjectError(f"{key} has no cut-over {name!r}; there are: {there}")


def _told(plan: CutoverPlan) -> dict[str, Any]:
    return {"does": plan.does, "share": plan.share, "refusals": refusals_json(plan.refusals)}


def _preview(plan: CutoverPlan, *, as_json: bool) -> None:
    """Show what a move would do."""
    if not (plan.changes or plan.refusals or as_json):
        Console().print(Text(f"Nothing to do: {plan.does}."), soft_wrap=True)
        return

    def show(console: Console) -> None:
        if not plan.refusals:
            console.print(Text(f"Would {plan.does}."), soft_wrap=True)

    display(as_json, {**_told(plan), "changes": list(plan.changes)}, show, plan.refusals)


def _show(moving: Cutover, *, as_json: bool) -> None:
    with busy("Asking Route 53 and the new side"):
        found = moving.look()
        sick = tuple(moving.unhealthy_reasons(found))
    if as_json:
        print_json(_status_json(moving.spec, found, sick))
        return
    console = Console()
    for label, told in _status(moving.spec, found, sick):
        console.print(Text.assemble((f"{label:<10}", "dim"), told), soft_wrap=True)


def _status(spec: CutoverSpec, found: ObservedRecords, sick: tuple[Refusal, ...]) -> Iterator[tuple[str, str]]:
    yield "name", f"{spec.host} · test name {spec.test_host}"
    yield "share", _standing(spec, found)
    for side, record in (("record", found.simple), (OLD, found.old), ("new", found.new)):
        if record is not None:
            ttl = ttl_of(record)
            weight = f"weight {record['Weight']} · " if "Weight" in record else ""
            yield side, f"{weight}{f'TTL {ttl} s' if ttl is not None else 'alias'} · {target_of(record)}"
    for kind in found.unowned:
        yield "besides", f"a record {kind}, which no weight moves"
    until = earliest(spec, found)
    if until:
        yield "next", f"not before {until:%Y-%m-%d %H:%M} UTC"
    for line in drift(spec, found):
        yield "differs", line
    yield "new side", "; ".join(str(one) for one in sick) or "well"


def _standing(spec: CutoverSpec, found: ObservedRecords) -> str:
    if found.weights:
        share = found.share
        return f"{share} % at the new side" if share is not None else "neither side has weight"
    if found.new:
        return "all at the new side; the old one has been dropped"
    if found.old:
        return "all at the old side; set stage: weights and run `pulumi up`"
    return "no weights yet" if found.simple else f"{spec.host} has no record"


def _status_json(spec: CutoverSpec, found: ObservedRecords, sick: tuple[Refusal, ...]) -> dict[str, Any]:
    until = earliest(spec, found)
    records = {"simple": found.simple, "old": found.old, "new": found.new}
    return {
        "host": spec.host,
        "share": found.share,
        "records": {
            side: {"target": target_of(record), "ttl": ttl_of(record), "weight": record.get("Weight")}
            for side, record in records.items()
            if record is not None
        },
        "besides": list(found.unowned),
        "since": found.note.since.isoformat() if found.note.since else None,
        "next": until.isoformat() if until else None,
        "differs": list(drift(spec, found)),
        "sick": refusals_json(sick),
    }
