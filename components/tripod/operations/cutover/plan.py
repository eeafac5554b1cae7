"""A cut-over's next move: what it would change, and what stands in its way. Pure: what was seen goes in."""

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
from tripod.operations.cutover.refusals import (
    Action,
    CutoverState,
    caches,
    command,
    elsewhere,
    held,
    passed_refusals,
    unowned,
    weighty,
)
from tripod.operations.errors import Refusal

JUDGED = (Action.START, Action.ADVANCE, Action.FINISH)
"""Before these the new side must be well. The way back asks nobody."""


@dataclass(frozen=True)
class CutoverPlan:
    """A move.

    Attributes:
        does: what it does, or why there is nothing to do, as people say it.
        changes: one batch; empty where there is nothing to do.
        refusals: why it is not begun.
        share: the new side's share afterwards, in percent; None where there are no weights.
    """

    does: str
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    share: int | None = None


def cutover_plan(action: Action, scene: CutoverState) -> CutoverPlan:
    """A move, or why not. Nothing is changed where anything refuses it."""
    plan = _MOVES[action](scene)
    return replace(plan, changes=()) if plan.refusals else plan


def _lower_ttl(scene: CutoverState) -> CutoverPlan:
    spec, record = scene.spec, scene.seen.simple
    share = scene.seen.share
    if record is None:
        return CutoverPlan(f"{spec.host} has no record without weights: no TTL is to be lowered", share=share)
    ttl = ttl_of(record)
    if ttl is None:
        return CutoverPlan(f"{spec.host} is an alias, whose TTL is AWS' own 60 s: nothing is to be lowered")
    if ttl <= spec.lowered_ttl:
        return CutoverPlan(f"the TTL of {spec.host} is {ttl} s already")
    note = replace(scene.seen.note, ttl=ttl, lowered=scene.now)
    changes = swap(record, with_ttl(record, spec.lowered_ttl)) + _note(scene, note)
    return CutoverPlan(f"lower the TTL of {spec.host} from {ttl} s to {spec.lowered_ttl} s", tuple(changes))


def _start(scene: CutoverState) -> CutoverPlan:
    spec, seen = scene.spec, scene.seen
    if seen.old is not None or seen.new is not None:
        return CutoverPlan(f"{spec.host} has weights already", share=seen.share)
    if seen.simple is None:
        return CutoverPlan("", refusals=(_no_record(spec),))
    record = with_ttl(with_weight({**seen.simple, "SetIdentifier": OLD}, BACK.old), spec.lowered_ttl)
    changes = swap(seen.simple, record) + _note(scene, replace(seen.note, share=0, since=scene.now))
    does = f"give {spec.host} weights, all at the old side; then set stage: weights and run `pulumi up`"
    refusals = [*elsewhere(spec, seen.simple), *unowned(scene), *caches(scene, seen.simple), *scene.sick]
    return CutoverPlan(does, tuple(changes), tuple(refusals), 0)


def _advance(scene: CutoverState) -> CutoverPlan:
    spec, seen = scene.spec, scene.seen
    pair = _pair(seen)
    if pair is None:
        return CutoverPlan("", refusals=(_no_weights(scene),))
    share = seen.share
    if share is None:
        evidence = "neither side has weight, so that Route 53 deals out names evenly"
        refusal = Refusal(spec.host, evidence, f"`{command(spec, Action.BACK)}` gives the old side everything")
        return CutoverPlan("", refusals=(refusal,))
    step = next_share(spec.steps, share)
    if step is None:
        return _all_there(scene, share)
    refusals = [*unowned(scene), *caches(scene, pair[0]), *held(scene, share), *scene.sick]
    does = f"raise the new side's share of {spec.host} from {share} % to {step} %"
    return CutoverPlan(does, _weigh(scene, pair, weights_at(step)), tuple(refusals), step)


def _all_there(scene: CutoverState, share: int) -> CutoverPlan:
    """The last step is done. Where somebody else did it, its time begins to count."""
    if scene.seen.note.share == share:
        return CutoverPlan(f"the new side has all of {scene.spec.host} already", share=share)
    changes = _note(scene, replace(scene.seen.note, share=share, since=scene.now))
    return CutoverPlan("note that the new side has everything, from now on", tuple(changes), share=share)


def _back(scene: CutoverState) -> CutoverPlan:
    spec, pair = scene.spec, _pair(scene.seen)
    if pair is None and scene.seen.new is not None:
        remedy = f"bring its record back: {OLD}, with weight {ALL}, as it was"
        return CutoverPlan("", refusals=(Refusal(spec.host, "its old side has been dropped", remedy),))
    if pair is None:
        return CutoverPlan(f"{spec.host} leads to the old side alone", share=scene.seen.share)
    if scene.seen.share == 0:
        return CutoverPlan(f"the old side has all of {spec.host} already", share=0)
    does = f"give all of {spec.host} back to the old side"
    return CutoverPlan(does, _weigh(scene, pair, BACK), share=0)


def _finish(scene: CutoverState) -> CutoverPlan:
    spec, seen = scene.spec, scene.seen
    if seen.new is not None and seen.old is None:
        return CutoverPlan(f"the old side of {spec.host} has been dropped already", share=ALL)
    pair = _pair(seen)
    if pair is None:
        return CutoverPlan("", refusals=(_no_weights(scene),))
    old, new = pair
    refusals = [*weighty(scene), *passed_refusals(scene), *scene.sick]
    changes = [*swap(old, None), *swap(new, with_ttl(new, spec.ttl)), *_note(scene, None)]
    does = f"drop the old side of {spec.host}; then set stage: finished, remove old, run `pulumi up --refresh`"
    return CutoverPlan(does, tuple(changes), tuple(refusals), ALL)


_MOVES: dict[Action, Callable[[CutoverState], CutoverPlan]] = {
    Action.LOWER_TTL: _lower_ttl,
    Action.START: _start,
    Action.ADVANCE: _advance,
    Action.BACK: _back,
    Action.FINISH: _finish,
}


def _pair(seen: ObservedRecords) -> tuple[RecordSet, RecordSet] | None:
    return None if seen.old is None or seen.new is None else (seen.old, seen.new)


def _note(scene: CutoverState, note: Note | None) -> list[Change]:
    return note_changes(scene.spec.host, scene.spec.lowered_ttl, scene.seen.note_record, note)


def _weigh(scene: CutoverState, pair: tuple[RecordSet, RecordSet], weights: Weights) -> tuple[Change, ...]:
    old, new = pair
    note = replace(scene.seen.note, share=weights.share, since=scene.now)
    changes = swap(old, with_weight(old, weights.old)) + swap(new, with_weight(new, weights.new))
    return tuple(changes + _note(scene, note))


def _no_record(spec: CutoverSpec) -> Refusal:
    return Refusal(spec.host, "it has no record", "set stage: weights and run `pulumi up`, which makes both sides'")


def _no_weights(scene: CutoverState) -> Refusal:
    spec, seen = scene.spec, scene.seen
    if seen.simple is not None:
        evidence = f"it is one record, to {target_of(seen.simple)}"
        return Refusal(spec.host, evidence, f"`{command(spec, Action.START)}` gives it weights")
    missing = OLD if seen.old is None else NEW
    return Refusal(spec.host, f"the {missing} side has no record", "set stage: weights and run `pulumi up`")


def earliest(spec: CutoverSpec, seen: ObservedRecords) -> datetime | None:
    """When the next step may be taken; None where nothing has to be waited for, or nobody knows."""
    note, share = seen.note, seen.share
    if not share or note.share != share or note.since is None:
        return None
    wait = timedelta(days=spec.keep_days) if share == ALL else timedelta(minutes=spec.hold_minutes)
    return note.since + wait


def drift(spec: CutoverSpec, seen: ObservedRecords) -> Sequence[str]:
    """Where the stack file and Route 53 lead to different load balancers: the engine changes no record of these."""
    sides = ((OLD, spec.old, seen.old or seen.simple), (NEW, spec.new, seen.new))
    return tuple(
        f"{side} is {told.dns_name} in the stack file and {target_of(record)} in Route 53"
        for side, told, record in sides
        if told and record and told.dns_name != target_of(record)
    )
