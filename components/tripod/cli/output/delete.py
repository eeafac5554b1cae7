"""What taking a cluster down would do, for people and for machines."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from tripod.cli.output.operations import refusals_json
from tripod.core.text import count_of
from tripod.operations.delete.dns_records import DnsName
from tripod.operations.delete.leftovers import Leftover
from tripod.operations.delete.plan import DeletePlan


def print_delete(console: Console, plan: DeletePlan) -> None:
    """What goes, in its order; what stays; what is spared."""
    seen = plan.seen
    _section(console, "Kubernetes lets go", _released(plan))
    _section(console, "Swept: Kubernetes made them", [*map(_leftover, plan.swept), *map(_name, seen.names)])
    _section(console, "Destroyed by the engine", [f"{count:>4}  {type_}" for type_, count in seen.goes.items()])
    stays = [*seen.stays, *(f"{_leftover(one)}: holds data" for one in plan.kept)]
    _section(console, "Stays: holds data; delete it by hand when nobody needs it", stays)
    _section(console, "Spared: in the same VPC, and not the cluster's", list(seen.foreign))


def _released(plan: DeletePlan) -> list[str]:
    held = plan.seen.held
    if held is None:
        return []
    return [
        *(f"Service {name} with its load balancer" for name in held.services),
        *(f"volume claim {name}" for name in held.claims if any(one.kind == "volume" for one in plan.swept)),
    ]


def _section(console: Console, title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    console.print(Text(title, "bold"))
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)


def _leftover(one: Leftover) -> str:
    of = f" of {one.of}" if one.of else ""
    return f"{one.kind} {one.id}{of}{'' if one.idle else ' (in use)'}"


def _name(one: DnsName) -> str:
    return f"DNS {one.type} {one.name} in zone {one.zone}"


def delete_json(plan: DeletePlan) -> dict[str, Any]:
    """The same as data."""
    seen = plan.seen
    return {
        "released": _released(plan),
        "swept": [*map(leftover_json, plan.swept)],
        "names": [{"zone": one.zone, "name": one.name, "type": one.type} for one in seen.names],
        "destroyed": dict(seen.goes),
        "stays": [*seen.stays, *(one.id for one in plan.kept)],
        "spared": sorted(seen.foreign),
        "refusals": refusals_json(plan.refusals),
    }


def leftover_json(one: Leftover) -> dict[str, Any]:
    """Something that Kubernetes made, as data."""
    return {"kind": one.kind, "id": one.id, "of": one.of}


def told_removed(removed: Sequence[Leftover], spared: int) -> str:
    """What was removed, in a line."""
    return (
        f"{count_of(len(removed), 'thing')} that Kubernetes made removed; "
        f"{count_of(spared, 'thing')} in the same VPC that {'is' if spared == 1 else 'are'} not the cluster's as before"
    )
