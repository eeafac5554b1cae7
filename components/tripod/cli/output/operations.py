"""What an operation would do, for people and for machines."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tripod.core.text import count_of
from tripod.operations.backup.run import StoredSnapshot, written_age
from tripod.operations.errors import Refusal
from tripod.operations.restore.run import RestorePlan
from tripod.operations.roll.plan import RollPlan
from tripod.operations.rotate.certificates import RenewalPlan
from tripod.operations.upgrade.plan import UnknownDigest, UpgradeStep


def _table(*columns: str, whole: Collection[str] = ()) -> Table:
    """A table; the columns that are whole are never broken, so that people can copy what stands there."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    return table


def _add(table: Table, *cells: str) -> None:
    # As text: nothing in it is markup.
    table.add_row(*(Text(cell) for cell in cells))


def print_refusals(console: Console, refusals: Sequence[Refusal]) -> None:
    """Why an operation is not begun: what was seen, what to do."""
    console.print(Text(f"Refused, {count_of(len(refusals), 'reason')}. Nothing was changed.", "bold red"))
    alike: dict[tuple[str, str], list[str]] = {}
    for refusal in refusals:
        alike.setdefault((refusal.evidence, refusal.remedy), []).append(refusal.subject)
    for (evidence, remedy), subjects in alike.items():
        console.print(Padding(Text.assemble((", ".join(subjects), "red"), f": {evidence}"), (0, 0, 0, 2)))
        console.print(Padding(Text(remedy, "green"), (0, 0, 0, 4)))


def refusals_json(refusals: Iterable[Refusal]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "subject": refusal.subject,
            "evidence": refusal.evidence,
            "remedy": refusal.remedy,
            "passing": refusal.passing,
        }
        for refusal in refusals
    ]


def print_roll(console: Console, plan: RollPlan) -> None:
    """A line for each instance, in the order in which they are replaced."""
    if not plan.steps:
        console.print(Text("Every instance runs what its group launches: nothing to roll.", "green"))
        return
    table = _table("#", "group", "instance", "zone", "why", "note", whole=("group", "instance", "zone"))
    for number, step in enumerate(plan.steps, 1):
        _add(table, str(number), step.node.group, step.node.instance, step.node.zone, step.why, step.note)
    console.print(table)


def roll_json(plan: RollPlan) -> dict[str, Any]:
    """The same as data."""
    steps = [
        {
            "group": step.node.group,
            "instance": step.node.instance,
            "zone": step.node.zone,
            "role": step.role,
            "member": step.member,
            "why": step.why,
            "note": step.note,
        }
        for step in plan.steps
    ]
    return {"steps": steps, "refusals": refusals_json(plan.refusals)}


def print_renewal(console: Console, plan: RenewalPlan) -> None:
    """A line for each instance, in the order in which their certificates are renewed."""
    table = _table("#", "group", "instance", "zone", whole=("group", "instance", "zone"))
    for number, node in enumerate(plan.nodes, 1):
        _add(table, str(number), node.group, node.instance, node.zone)
    console.print(table)


def renewal_json(plan: RenewalPlan) -> dict[str, Any]:
    """The same as data."""
    nodes = [{"group": node.group, "instance": node.instance, "zone": node.zone} for node in plan.nodes]
    return {"nodes": nodes, "refusals": refusals_json(plan.refusals)}


def print_upgrade(
    console: Console, steps: Sequence[UpgradeStep], unknown: Sequence[UnknownDigest], stack: str, project: str
) -> None:
    """What to change in the stack file and what to run, step by step.

    Args:
        console: where.
        steps: the steps.
        unknown: binaries whose digest nobody has said yet.
        stack: the stack's name.
        project: the project's name, which its keys begin with.
    """
    if not steps:
        console.print(Text("The stack file and all instances are there already.", "green"))
        return
    if unknown:
        console.print(Text("0. say what the new binaries' digests are: nothing is run that was not verified", "bold"))
        _lines(console, digest_lines(unknown, stack, project), "yellow")
    for number, step in enumerate(steps, 1):
        console.print(Text(f"{number}. {step.does}", "bold"))
        console.print(Text(f"   {step.why}", "dim"), soft_wrap=True)
        if step.keys:
            _lines(console, key_lines(step.keys, stack, project), "yellow")
        _lines(console, step.commands, "green")


def _lines(console: Console, lines: Iterable[str], style: str) -> None:
    for line in lines:
        console.print(Text(f"   {line}", style), soft_wrap=True)


def key_lines(keys: Mapping[str, str], stack: str, project: str) -> list[str]:
    """The lines of a stack file that hold these values, all of them in its section ``versions``."""
    values = [f"    {key.removeprefix('versions.')}: {value}" for key, value in keys.items()]
    return [f"Pulumi.{stack}.yaml", f"  {project}:versions:", *values]


def digest_lines(unknown: Sequence[UnknownDigest], stack: str, project: str) -> list[str]:
    """The lines of a stack file that say digests, with where each is published."""
    lines = [f"Pulumi.{stack}.yaml", f"  {project}:supply:", "    digests:"]
    for binary in dict.fromkeys(one.binary for one in unknown):
        lines.append(f"      {binary}:")
        lines += [
            f"        {one.version}: {{amd64: SHA256, arm64: SHA256}}   # of {one.published}"
            for one in unknown
            if one.binary == binary
        ]
    return lines


def upgrade_json(steps: Sequence[UpgradeStep], unknown: Sequence[UnknownDigest]) -> dict[str, Any]:
    """The same as data."""
    told = [
        {"does": step.does, "why": step.why, "keys": dict(step.keys), "commands": list(step.commands)} for step in steps
    ]
    return {"steps": told, "unknown_digests": [vars(one) for one in unknown]}


def print_snapshots(console: Console, found: Sequence[StoredSnapshot], now: datetime) -> None:
    """Every snapshot, the newest first."""
    table = _table("age", "taken", "bytes", "key")
    for one in found:
        _add(table, written_age(now - one.taken), f"{one.taken:%Y-%m-%d %H:%M} UTC", str(one.size), one.key)
    console.print(table)


def snapshots_json(found: Sequence[StoredSnapshot], now: datetime) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "key": one.key,
            "taken": one.taken.isoformat(),
            "age_seconds": int((now - one.taken).total_seconds()),
            "bytes": one.size,
        }
        for one in found
    ]


def print_restore(console: Console, plan: RestorePlan) -> None:
    """Every command, in its order."""
    table = _table("stage", "instance", "command")
    for act in plan.acts:
        _add(table, act.stage, act.instance, act.command)
    console.print(table)


def restore_json(plan: RestorePlan) -> dict[str, Any]:
    """The same as data."""
    acts = [
        {"stage": act.stage, "instance": act.instance, "command": act.command, "arguments": dict(act.arguments)}
        for act in plan.acts
    ]
    return {"acts": acts, "refusals": refusals_json(plan.refusals)}
