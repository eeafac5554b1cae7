"""Plans of operations, as text or as data."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tripod.cli.output.refusals import refusals_json
from tripod.operations.backup.run import StoredSnapshot, age_text
from tripod.operations.restore.plan import RestorePlan
from tripod.operations.roll.plan import RollPlan
from tripod.operations.rotate.certificates import RenewalPlan
from tripod.operations.upgrade.plan import UnknownDigest, UpgradeStep


def _table(*columns: str, whole: Collection[str] = ()) -> Table:
    """A table; the columns in `whole` are never wrapped, so that people can copy their values."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    return table


def _add(table: Table, *cells: str) -> None:
    # As text: nothing in it is markup.
    table.add_row(*(Text(cell) for cell in cells))


def print_roll(console: Console, plan: RollPlan) -> None:
    """Print a line for each instance, in the order of replacement."""
    if not plan.steps:
        console.print(Text("Every instance runs what its group launches: nothing to roll.", "green"))
        return
    table = _table("#", "group", "instance", "zone", "why", "note", whole=("group", "instance", "zone"))
    for number, step in enumerate(plan.steps, 1):
        _add(table, str(number), step.node.group, step.node.instance, step.node.zone, step.why, step.note)
    console.print(table)


def roll_json(plan: RollPlan) -> dict[str, object]:
    """The plan as data."""
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
    """Print a line for each instance, in the order of renewal."""
    table = _table("#", "group", "instance", "zone", whole=("group", "instance", "zone"))
    for number, node in enumerate(plan.nodes, 1):
        _add(table, str(number), node.group, node.instance, node.zone)
    console.print(table)


def renewal_json(plan: RenewalPlan) -> dict[str, object]:
    """The plan as data."""
    nodes = [{"group": node.group, "instance": node.instance, "zone": node.zone} for node in plan.nodes]
    return {"nodes": nodes, "refusals": refusals_json(plan.refusals)}


def print_upgrade(
    console: Console, steps: Sequence[UpgradeStep], unknown: Sequence[UnknownDigest], stack: str, project: str
) -> None:
    """Print the changes to the stack file and the commands to run, step by step.

    Args:
        console: the console to print to.
        steps: the steps.
        unknown: binaries without a known digest.
        stack: the stack's name.
        project: the project's name, which its keys begin with.
    """
    if not steps:
        console.print(Text("The stack file and all instances are there already.", "green"))
        return
    if unknown:
        console.print(Text("0. add the digests of the new binaries: nothing unverified is run", "bold"))
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
    """Lines of a stack file with these values, all in its section ``versions``."""
    values = [f"    {key.removeprefix('versions.')}: {value}" for key, value in keys.items()]
    return [f"Pulumi.{stack}.yaml", f"  {project}:versions:", *values]


def digest_lines(unknown: Sequence[UnknownDigest], stack: str, project: str) -> list[str]:
    """Lines of a stack file with digests, each with the address that publishes it."""
    lines = [f"Pulumi.{stack}.yaml", f"  {project}:supply:", "    digests:"]
    for binary in dict.fromkeys(one.binary for one in unknown):
        lines.append(f"      {binary}:")
        lines += [
            f"        {one.version}: {{amd64: SHA256, arm64: SHA256}}   # of {one.published}"
            for one in unknown
            if one.binary == binary
        ]
    return lines


def upgrade_json(steps: Sequence[UpgradeStep], unknown: Sequence[UnknownDigest]) -> dict[str, object]:
    """The plan as data."""
    listed = [
        {"does": step.does, "why": step.why, "keys": dict(step.keys), "commands": list(step.commands)} for step in steps
    ]
    return {"steps": listed, "unknown_digests": [asdict(one) for one in unknown]}


def print_snapshots(console: Console, found: Sequence[StoredSnapshot], now: datetime) -> None:
    """Print every snapshot, the newest first."""
    table = _table("age", "taken", "bytes", "key")
    for one in found:
        _add(table, age_text(now - one.taken), f"{one.taken:%Y-%m-%d %H:%M} UTC", str(one.size), one.key)
    console.print(table)


def snapshots_json(found: Sequence[StoredSnapshot], now: datetime) -> list[dict[str, object]]:
    """The plan as data."""
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
    """Print every command, in order."""
    table = _table("stage", "instance", "command")
    for step in plan.steps:
        _add(table, step.stage, step.instance, step.command)
    console.print(table)


def restore_json(plan: RestorePlan) -> dict[str, object]:
    """The plan as data."""
    acts = [asdict(step) for step in plan.steps]
    return {"acts": acts, "refusals": refusals_json(plan.refusals)}
