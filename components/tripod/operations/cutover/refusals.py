"""Refusals of a cut-over's next step. Pure: computed from the observed state."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tripod.dns.records import ObservedRecords, RecordSet, alias_zone_of, target_of, ttl_of
from tripod.dns.spec import CutoverSpec
from tripod.dns.weights import ALL
from tripod.operations.cutover.action import Action
from tripod.operations.errors import Refusal


@dataclass(frozen=True)
class CutoverState:
    """State that decides a step.

    Attributes:
        spec: the cut-over.
        records: its records in Route 53.
        now: the time.
        unhealthy: reasons for which the new side is unhealthy; empty if it is healthy.
        early: if true, the time that a share is held is cut short.
    """

    spec: CutoverSpec
    records: ObservedRecords
    now: datetime
    unhealthy: tuple[Refusal, ...] = ()
    early: bool = False


def command(spec: CutoverSpec, action: Action) -> str:
    """A command line, for messages."""
    return f"tripod cutover STACK {spec.name} {action}"


def target_refusals(spec: CutoverSpec, record: RecordSet) -> Iterator[Refusal]:
    """Refuse if the name points to another load balancer than the stack file's old side."""
    target = spec.old.dns_name if spec.old else "nothing"
    if target_of(record) != target:
        evidence = f"it leads to {target_of(record)}; the stack file's old is {target}"
        yield Refusal(spec.host, evidence, "write into old where the name leads")
    elif spec.old and spec.old.hosted_zone_id != alias_zone_of(record):
        yield Refusal(spec.host, "its alias is of another hosted zone than old says", "correct old.hostedZoneId")


def extra_record_refusals(state: CutoverState) -> Iterator[Refusal]:
    """Refuse records that no weight moves: their clients would stay at the old side."""
    for kind in state.records.unowned:
        evidence = f"it has a record {kind} besides, which no weight moves"
        yield Refusal(state.spec.host, evidence, "remove it: clients that ask for it stay at the old side")


def ttl_refusals(state: CutoverState, record: RecordSet) -> Iterator[Refusal]:
    """Refuse while resolvers may cache an answer for long."""
    spec, note, ttl = state.spec, state.records.note, ttl_of(record)
    if ttl is not None and ttl > spec.lowered_ttl:
        remedy = f"`{command(spec, Action.LOWER_TTL)}` lowers it"
        yield Refusal(spec.host, f"its TTL is {ttl} s, not {spec.lowered_ttl} s", remedy)
    if note.ttl is not None and note.lowered is not None:
        end = note.lowered + timedelta(seconds=note.ttl)
        if state.now < end:
            evidence = f"resolvers may hold answers with the TTL of {note.ttl} s that it had"
            yield Refusal(spec.host, evidence, f"wait until {_written(end)}", passing=True)


def hold_refusals(state: CutoverState, share: int) -> Iterator[Refusal]:
    """Refuse a share that was not held for its time."""
    spec, note = state.spec, state.records.note
    if share == 0 or state.early:
        return
    if note.share != share or note.since is None:
        evidence = f"the new side has {share} %, which no step of ours set: since when is unknown"
        yield Refusal(spec.host, evidence, "look at the new side for as long as you want, then add `--early`")
        return
    end = note.since + timedelta(minutes=spec.hold_minutes)
    if state.now < end:
        evidence = f"the new side has {share} % since {_written(note.since)}"
        remedy = f"wait until {_written(end)}, or add `--early`"
        yield Refusal(spec.host, evidence, remedy, passing=True)


def weight_refusals(state: CutoverState) -> Iterator[Refusal]:
    """Refuse while the old side still has weight."""
    weights = state.records.weights
    if weights and (weights.old > 0 or weights.new == 0):
        evidence = f"the old side has weight {weights.old}, the new side {weights.new}"
        remedy = f"`{command(state.spec, Action.ADVANCE)}` until the new side has everything"
        yield Refusal(state.spec.host, evidence, remedy)


def keep_refusals(state: CutoverState) -> Iterator[Refusal]:
    """Refuse until the old side was kept for its time: not every cache respects a TTL."""
    spec, note = state.spec, state.records.note
    if state.records.share != ALL:
        return
    if note.share != ALL or note.since is None:
        remedy = f"`{command(spec, Action.ADVANCE)}` notes it"
        yield Refusal(spec.host, "no note says since when the old side has no weight", remedy)
        return
    end = note.since + timedelta(days=spec.keep_days)
    if state.now < end:
        evidence = f"the old side has had weight until {_written(note.since)}"
        yield Refusal(spec.host, evidence, f"keep it until {_written(end)}", passing=True)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
