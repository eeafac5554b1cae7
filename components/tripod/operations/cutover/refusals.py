"""Why a cut-over's next move is not begun. Pure: what was seen goes in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tripod.dns.records import ObservedRecords, RecordSet, alias_zone_of, target_of, ttl_of
from tripod.dns.spec import CutoverSpec
from tripod.dns.weights import ALL
from tripod.operations.errors import Refusal


class Action(StrEnum):
    """What `tripod cutover` can do."""

    STATUS = "status"
    LOWER_TTL = "lower-ttl"
    START = "start"
    ADVANCE = "advance"
    BACK = "back"
    FINISH = "finish"


@dataclass(frozen=True)
class CutoverState:
    """What a move is decided by.

    Attributes:
        spec: the cut-over.
        seen: what Route 53 has.
        now: the time.
        sick: why the new side is not well; empty where it is.
        early: whether the time that a share is held is cut short.
    """

    spec: CutoverSpec
    seen: ObservedRecords
    now: datetime
    sick: tuple[Refusal, ...] = ()
    early: bool = False


def command(spec: CutoverSpec, action: Action) -> str:
    """A command, as people are told it."""
    return f"tripod cutover STACK {spec.name} {action}"


def elsewhere(spec: CutoverSpec, record: RecordSet) -> Iterator[Refusal]:
    """The name leads to something else than the old side that was told."""
    told = spec.old.dns_name if spec.old else "nothing"
    if target_of(record) != told:
        evidence = f"it leads to {target_of(record)}; the stack file's old is {told}"
        yield Refusal(spec.host, evidence, "write into old where the name leads")
    elif spec.old and spec.old.hosted_zone_id != alias_zone_of(record):
        yield Refusal(spec.host, "its alias is of another hosted zone than old says", "correct old.hostedZoneId")


def unowned(scene: CutoverState) -> Iterator[Refusal]:
    """Records by which some clients would never see a weight."""
    for kind in scene.seen.unowned:
        evidence = f"it has a record {kind} besides, which no weight moves"
        yield Refusal(scene.spec.host, evidence, "take it away: whoever asks for it stays at the old side")


def caches(scene: CutoverState, record: RecordSet) -> Iterator[Refusal]:
    """Resolvers that may still hold an answer for long."""
    spec, note, ttl = scene.spec, scene.seen.note, ttl_of(record)
    if ttl is not None and ttl > spec.lowered_ttl:
        remedy = f"`{command(spec, Action.LOWER_TTL)}` lowers it"
        yield Refusal(spec.host, f"its TTL is {ttl} s, not {spec.lowered_ttl} s", remedy)
    if note.ttl is not None and note.lowered is not None:
        end = note.lowered + timedelta(seconds=note.ttl)
        if scene.now < end:
            evidence = f"resolvers may hold answers with the TTL of {note.ttl} s that it had"
            yield Refusal(spec.host, evidence, f"wait until {_written(end)}", passing=True)


def held(scene: CutoverState, share: int) -> Iterator[Refusal]:
    """A share that has not been watched for long enough."""
    spec, note = scene.spec, scene.seen.note
    if share == 0 or scene.early:
        return
    if note.share != share or note.since is None:
        evidence = f"the new side has {share} %, which no step of ours set: nobody knows since when"
        yield Refusal(spec.host, evidence, "look at the new side for as long as you want, then add `--early`")
        return
    end = note.since + timedelta(minutes=spec.hold_minutes)
    if scene.now < end:
        evidence = f"the new side has {share} % since {_written(note.since)}"
        remedy = f"wait until {_written(end)}, or add `--early`"
        yield Refusal(spec.host, evidence, remedy, passing=True)


def weighty(scene: CutoverState) -> Iterator[Refusal]:
    """An old side that somebody is still led to."""
    weights = scene.seen.weights
    if weights and (weights.old > 0 or weights.new == 0):
        evidence = f"the old side has weight {weights.old}, the new side {weights.new}"
        remedy = f"`{command(scene.spec, Action.ADVANCE)}` until the new side has everything"
        yield Refusal(scene.spec.host, evidence, remedy)


def passed_refusals(scene: CutoverState) -> Iterator[Refusal]:
    """An old side that has not been kept for long enough: not every cache heeds a TTL."""
    spec, note = scene.spec, scene.seen.note
    if scene.seen.share != ALL:
        return
    if note.share != ALL or note.since is None:
        remedy = f"`{command(spec, Action.ADVANCE)}` notes it"
        yield Refusal(spec.host, "nobody has noted since when the old side has no weight", remedy)
        return
    end = note.since + timedelta(days=spec.keep_days)
    if scene.now < end:
        evidence = f"the old side has had weight until {_written(note.since)}"
        yield Refusal(spec.host, evidence, f"keep it until {_written(end)}", passing=True)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
