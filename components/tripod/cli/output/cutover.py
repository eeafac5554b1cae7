"""Cut-overs: their state and their next step, as text or as data."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tripod.cli.output.refusals import refusals_json
from tripod.cli.output.streams import print_json
from tripod.dns.records import OLD, ObservedRecords, target_of, ttl_of
from tripod.dns.spec import CutoverSpec
from tripod.operations.cutover.plan import CutoverPlan, drift, earliest
from tripod.operations.errors import Refusal


def plan_json(plan: CutoverPlan) -> dict[str, object]:
    """A step as data."""
    return {"does": plan.does, "share": plan.share, "refusals": refusals_json(plan.refusals)}


def print_status(spec: CutoverSpec, found: ObservedRecords, unhealthy: Sequence[Refusal], *, as_json: bool) -> None:
    """Print the state of a cut-over.

    Args:
        spec: the cut-over.
        found: its records in Route 53.
        unhealthy: why the new side is unhealthy; empty if it is healthy.
        as_json: if true, as JSON.
    """
    if as_json:
        print_json(_status_json(spec, found, unhealthy))
        return
    console = Console()
    for label, text in _status(spec, found, unhealthy):
        console.print(Text.assemble((f"{label:<10}", "dim"), text), soft_wrap=True)


def _status(spec: CutoverSpec, found: ObservedRecords, unhealthy: Sequence[Refusal]) -> Iterator[tuple[str, str]]:
    yield "name", f"{spec.host} · test name {spec.test_host}"
    yield "share", _share(spec, found)
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
    yield "new side", "; ".join(str(one) for one in unhealthy) or "healthy"


def _share(spec: CutoverSpec, found: ObservedRecords) -> str:
    if found.weights:
        share = found.share
        return f"{share} % at the new side" if share is not None else "neither side has weight"
    if found.new:
        return "all at the new side; the old one has been dropped"
    if found.old:
        return "all at the old side; set stage: weights and run `pulumi up`"
    return "no weights yet" if found.simple else f"{spec.host} has no record"


def _status_json(spec: CutoverSpec, found: ObservedRecords, unhealthy: Sequence[Refusal]) -> dict[str, object]:
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
        "unhealthy": refusals_json(unhealthy),
    }
