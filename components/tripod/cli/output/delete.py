"""Plans of taking a cluster down, as text or as data."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from tripod.cli.output.refusals import refusals_json
from tripod.core.text import count_of
from tripod.operations.delete.dns_records import DnsName
from tripod.operations.delete.leftovers import Leftover
from tripod.operations.delete.plan import DeletePlan


def print_delete(console: Console, plan: DeletePlan) -> None:
    """Print what goes, in its order, what stays and what is spared."""
    found = plan.found
    _section(console, "Released by Kubernetes", _released(plan))
    _section(console, "Removed: Kubernetes made them", [*map(_leftover, plan.swept), *map(_name, found.names)])
    _section(console, "Destroyed by the engine", [f"{count:>4}  {type_}" for type_, count in found.goes.items()])
    stays = [*found.stays, *(f"{_leftover(one)}: holds data" for one in plan.kept)]
    _section(console, "Stays: holds data; delete it by hand when it is no longer needed", stays)
    _section(console, "Spared: in the same VPC, and not the cluster's", list(found.unowned))


def _released(plan: DeletePlan) -> list[str]:
    made = plan.found.kubernetes
    if made is None:
        return []
    return [
        *(f"Service {name} with its load balancer" for name in made.services),
        *(f"API {name}, which does not answer and would keep namespaces from going" for name in made.apis),
        *(f"volume claim {name}" for name in made.claims if any(one.kind == "volume" for one in plan.swept)),
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


def delete_json(plan: DeletePlan) -> dict[str, object]:
    """The plan as data."""
    found = plan.found
    return {
        "released": _released(plan),
        "swept": [*map(leftover_json, plan.swept)],
        "names": [{"zone": one.zone, "name": one.name, "type": one.type} for one in found.names],
        "destroyed": dict(found.goes),
        "stays": [*found.stays, *(one.id for one in plan.kept)],
        "spared": sorted(found.unowned),
        "refusals": refusals_json(plan.refusals),
    }


def leftover_json(one: Leftover) -> dict[str, object]:
    """A leftover of Kubernetes, as data."""
    return {"kind": one.kind, "id": one.id, "of": one.of}


def removal_summary(removed: Sequence[Leftover], spared: int) -> str:
    """A line on what was removed and what was spared."""
    return (
        f"{count_of(len(removed), 'resource')} that Kubernetes made removed; "
        f"{count_of(spared, 'resource')} of others in the same VPC: unchanged"
    )
