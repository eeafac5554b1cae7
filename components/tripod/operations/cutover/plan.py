"""Plan of a cut-over's next step: its changes and refusals. Pure: computed from the observed state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tripod.dns.records import (
    NEW,
    OLD,
    Change,
    Note,
    ObservedRecords,
    RecordSet,
    note_changes,
    swap,
    target_of,
    ttl_of,
    with_ttl,
    with_weight,
)
from tripod.dns.spec import CutoverSpec
from tripod.dns.weights import ALL, BACK, Weights, next_share, weights_at
from tripod.operations.cutover.action import Action
from tripod.operations.cutover.refusals import (
    CutoverState,
    command,
    extra_record_refusals,
    hold_refusals,
    keep_refusals,
    target_refusals,
    ttl_refusals,
    weight_refusals,
)
from tripod.operations.errors import Refusal

NEED_HEALTH = (Action.START, Action.ADVANCE, Action.FINISH)
"""Actions that need a healthy new side. The way back needs none."""


@dataclass(frozen=True)
class CutoverPlan:
    """A move.

    Attributes:
        does: a sentence on what it does, or on why there is nothing to do.
        changes: one batch; empty where there is nothing to do.
        refusals: reasons not to begin it; empty if it may begin.
        share: the new side's share afterwards, in percent; None where there are no weights.
    """

    does: str
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    share: int | None = None


def cutover_plan(action: Action, state: CutoverState) -> CutoverPlan:
    """A step, or its refusals: then it has no changes."""
    plan = _MOVES[action](state)
    return replace(plan, changes=()) if plan.refusals else plan


def _lower_ttl(state: CutoverState) -> CutoverPlan:
    spec, record = state.spec, state.records.simple
    share = state.records.share
    if record is None:
        return CutoverPlan(f"{spec.host} has no record without weights: no TTL is to be lowered", share=share)
    ttl = ttl_of(record)
    if ttl is None:
        return CutoverPlan(f"{spec.host} is an alias, whose TTL is AWS' own 60 s: nothing is to be lowered")
    if ttl <= spec.lowered_ttl:
        return CutoverPlan(f"the TTL of {spec.host} is {ttl} s already")
    note = replace(state.records.note, ttl=ttl, lowered=state.now)
    changes = swap(record, with_ttl(record, spec.lowered_ttl)) + _note(state, note)
    return CutoverPlan(f"lower the TTL of {spec.host} from {ttl} s to {spec.lowered_ttl} s", tuple(changes))


def _start(state: CutoverState) -> CutoverPlan:
    spec, records = state.spec, state.records
    if records.old is not None or records.new is not None:
        return CutoverPlan(f"{spec.host} has weights already", share=records.share)
    if records.simple is None:
        return CutoverPlan("", refusals=(_no_record(spec),))
    record = with_ttl(with_weight({**records.simple, "SetIdentifier": OLD}, BACK.old), spec.lowered_ttl)
    changes = swap(records.simple, record) + _note(state, replace(records.note, share=0, since=state.now))
    does = f"give {spec.host} weights, all at the old side; then set stage: weights and run `pulumi up`"
    refusals = [
        *target_refusals(spec, records.simple),
        *extra_record_refusals(state),
        *ttl_refusals(state, records.simple),
        *state.unhealthy,
    ]
    return CutoverPlan(does, tuple(changes), tuple(refusals), 0)


def _advance(state: CutoverState) -> CutoverPlan:
    spec, records = state.spec, state.records
    pair = _pair(records)
    if pair is None:
        return CutoverPlan("", refusals=(_no_weights(state),))
    share = records.share
    if share is None:
        evidence = "neither side has weight, so that Route 53 deals out names evenly"
        refusal = Refusal(spec.host, evidence, f"`{command(spec, Action.BACK)}` gives the old side everything")
        return CutoverPlan("", refusals=(refusal,))
    step = next_share(spec.steps, share)
    if step is None:
        return _note_last_step(state, share)
    refusals = [
        *extra_record_refusals(state),
        *ttl_refusals(state, pair[0]),
        *hold_refusals(state, share),
        *state.unhealthy,
    ]
    does = f"raise the new side's share of {spec.host} from {share} % to {step} %"
    return CutoverPlan(does, _weigh(state, pair, weights_at(step)), tuple(refusals), step)


def _note_last_step(state: CutoverState, share: int) -> CutoverPlan:
    """Note that the last step is done. If another client did it, its time counts from now."""
    if state.records.note.share == share:
        return CutoverPlan(f"the new side has all of {state.spec.host} already", share=share)
    changes = _note(state, replace(state.records.note, share=share, since=state.now))
    return CutoverPlan("note that the new side has everything, from now on", tuple(changes), share=share)


def _back(state: CutoverState) -> CutoverPlan:
    spec, pair = state.spec, _pair(state.records)
    if pair is None and state.records.new is not None:
        remedy = f"bring its record back: {OLD}, with weight {ALL}, as it was"
        return CutoverPlan("", refusals=(Refusal(spec.host, "its old side has been dropped", remedy),))
    if pair is None:
        return CutoverPlan(f"{spec.host} leads to the old side alone", share=state.records.share)
    if state.records.share == 0:
        return CutoverPlan(f"the old side has all of {spec.host} already", share=0)
    does = f"give all of {spec.host} back to the old side"
    return CutoverPlan(does, _weigh(state, pair, BACK), share=0)


def _finish(state: CutoverState) -> CutoverPlan:
    spec, records = state.spec, state.records
    if records.new is not None and records.old is None:
        return CutoverPlan(f"the old side of {spec.host} has been dropped already", share=ALL)
    pair = _pair(records)
    if pair is None:
        return CutoverPlan("", refusals=(_no_weights(state),))
    old, new = pair
    refusals = [*weight_refusals(state), *keep_refusals(state), *state.unhealthy]
    changes = [*swap(old, None), *swap(new, with_ttl(new, spec.ttl)), *_note(state, None)]
    does = f"drop the old side of {spec.host}; then set stage: finished, remove old, run `pulumi up --refresh`"
    return CutoverPlan(does, tuple(changes), tuple(refusals), ALL)


_MOVES: dict[Action, Callable[[CutoverState], CutoverPlan]] = {
    Action.LOWER_TTL: _lower_ttl,
    Action.START: _start,
    Action.ADVANCE: _advance,
    Action.BACK: _back,
    Action.FINISH: _finish,
}


def _pair(records: ObservedRecords) -> tuple[RecordSet, RecordSet] | None:
    return None if records.old is None or records.new is None else (records.old, records.new)


def _note(state: CutoverState, note: Note | None) -> list[Change]:
    return note_changes(state.spec.host, state.spec.lowered_ttl, state.records.note_record, note)


def _weigh(state: CutoverState, pair: tuple[RecordSet, RecordSet], weights: Weights) -> tuple[Change, ...]:
    old, new = pair
    note = replace(state.records.note, share=weights.share, since=state.now)
    changes = swap(old, with_weight(old, weights.old)) + swap(new, with_weight(new, weights.new))
    return tuple(changes + _note(state, note))


def _no_record(spec: CutoverSpec) -> Refusal:
    return Refusal(spec.host, "it has no record", "set stage: weights and run `pulumi up`, which makes both sides'")


def _no_weights(state: CutoverState) -> Refusal:
    spec, records = state.spec, state.records
    if records.simple is not None:
        evidence = f"it is one record, to {target_of(records.simple)}"
        return Refusal(spec.host, evidence, f"`{command(spec, Action.START)}` gives it weights")
    missing = OLD if records.old is None else NEW
    return Refusal(spec.host, f"the {missing} side has no record", "set stage: weights and run `pulumi up`")


def earliest(spec: CutoverSpec, records: ObservedRecords) -> datetime | None:
    """The earliest time of the next step; None if there is nothing to wait for, or it is unknown."""
    note, share = records.note, records.share
    if not share or note.share != share or note.since is None:
        return None
    wait = timedelta(days=spec.keep_days) if share == ALL else timedelta(minutes=spec.hold_minutes)
    return note.since + wait


def drift(spec: CutoverSpec, records: ObservedRecords) -> Sequence[str]:
    """Load balancers that differ between the stack file and Route 53: the engine changes no record of these."""
    sides = ((OLD, spec.old, records.old or records.simple), (NEW, spec.new, records.new))
    return tuple(
        f"{side} is {target.dns_name} by the stack file and {target_of(record)} in Route 53"
        for side, target, record in sides
        if target and record and target.dns_name != target_of(record)
    )
