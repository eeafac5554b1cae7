"""`tripod cutover`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tripod.cli.commands.options import Json, Minutes, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json
from tripod.operations.cutover.action import Action

if TYPE_CHECKING:
    from tripod.addons.ingress.constants import IngressKind
    from tripod.cli.target import ClusterTarget
    from tripod.dns.spec import CutoverSpec, TargetSpec
    from tripod.operations.cutover.plan import CutoverPlan


def cutover(
    stack: Stack,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The cut-over's name in the stack file.")],
    action: Annotated[Action, typer.Argument(metavar="ACTION", help=", ".join(Action))] = Action.STATUS,
    *,
    yes: Yes = False,
    early: Annotated[bool, typer.Option("--early", help="Go on before the share was held for its time.")] = False,
    no_probe: Annotated[
        bool,
        typer.Option("--no-probe", help="Rely on Route 53's check: this machine cannot reach the new side."),
    ] = False,
    minutes: Minutes = 10,
    cluster: Name = "",
    as_json: Json = False,
) -> None:
    """Move a name from an old load balancer to the cluster: weights up in steps, back in one.

    status shows its state. lower-ttl comes first; then start, which gives the name weights; then advance, once for
    each step. back gives everything to the old side at once, whatever the new side's health. finish drops the old
    side, days after its weight became 0. A run that stopped can be run again: a change is made as a whole or not at
    all.
    """
    from tripod.cli.commands.common import busy, retry_policy
    from tripod.cli.output.cutover import plan_json, print_status
    from tripod.cli.target import open_cluster
    from tripod.operations.cutover import http_probe
    from tripod.operations.cutover.run import Cutover

    with stack_errors(stack, as_json=as_json):
        target = open_cluster(stack, cluster)
        probe = None if no_probe else http_probe.probe
        moving = Cutover(_spec(target, name), target.client("route53"), probe, now)
        if action == Action.STATUS:
            with busy("Asking Route 53 and the new side"):
                records = moving.observe()
                unhealthy = tuple(moving.unhealthy_reasons(records))
            print_status(moving.spec, records, unhealthy, as_json=as_json)
            return
        with busy("Asking Route 53 and the new side") as log:
            if yes:
                plan = moving.make(action, retry_policy(minutes), log, early=early)
            else:
                plan = moving.plan(action, early=early)
        if not yes:
            _show_plan(plan, as_json=as_json)
        elif as_json:
            print_json(plan_json(plan))


def _show_plan(plan: CutoverPlan, *, as_json: bool) -> None:
    """Show a step that is not made; exit code 2 if it would be refused."""
    from rich.console import Console
    from rich.text import Text

    from tripod.cli.commands.common import preview
    from tripod.cli.output.cutover import plan_json

    if not (plan.changes or plan.refusals or as_json):
        Console().print(Text(f"Nothing to do: {plan.does}."), soft_wrap=True)
        return

    def show(console: Console) -> None:
        if not plan.refusals:
            console.print(Text(f"Would {plan.does}."), soft_wrap=True)

    preview(as_json, {**plan_json(plan), "changes": list(plan.changes)}, show, plan.refusals)


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def _spec(target: ClusterTarget, name: str) -> CutoverSpec:
    """The cut-over of a name, from the stack file.

    Raises:
        ConfigurationError: the stack file's cut-overs have problems.
        ProjectError: there is none of the name.
    """
    from tripod.core.problems import raise_if_any
    from tripod.dns.spec import CutoverSpec, cutover_problems
    from tripod.stack.project import ProjectError

    key = f"{target.project.name}:cutovers"
    found: object = target.config.get(key)
    listed = [cast("dict[str, object]", one) for one in cast("list[object]", found or []) if isinstance(one, dict)]
    read = [CutoverSpec.read(values) for values in listed]
    problems = [problem.under(key, position) for position, (_, found) in enumerate(read) for problem in found]
    specs = [spec for spec, _ in read if spec is not None]
    raise_if_any([*problems, *cutover_problems(specs, (key,))])
    for spec in specs:
        if spec.name == name:
            return spec if spec.new is not None else spec.model_copy(update={"new": _own_target(target)})
    there = ", ".join(spec.name for spec in specs) or "none"
    raise ProjectError(f"{key} has no cut-over {name!r}; there are: {there}")


def _own_target(target: ClusterTarget) -> TargetSpec | None:
    """The ingress' load balancer, which the program takes where the stack file names no new side."""
    from tripod.operations.cutover.own_load_balancer import own_target

    ingress: dict[str, IngressKind] = target.section("addOns").get("ingress") or {}
    return own_target(target.inventory(), ingress.get("kind", "ingress-nginx"))
