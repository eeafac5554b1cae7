"""A cut-over's moves, decided on what Route 53 has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.operations.cutover_samples import (
    HOST,
    NEW_ALIAS,
    NEW_SIDE,
    OLD_ALIAS,
    OLD_SIDE,
    alias,
    cutover,
    note_record,
    pair,
    side,
    simple,
)
from support.stacks.samples import few
from tripod.dns.records import NEW, OLD, Note, ObservedRecords, observed_records
from tripod.operations.cutover.plan import CutoverPlan, cutover_plan, drift, earliest
from tripod.operations.cutover.refusals import Action, CutoverState
from tripod.operations.errors import Refusal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNHEALTHY = (Refusal("the new side", "answers 503", "mend it"),)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def there(*records: dict[str, Any], note: Note | None = None) -> ObservedRecords:
    return observed_records(HOST, [*records, *([note_record(note)] if note else [])])


def since(share: int, age: timedelta, **more: Any) -> Note:
    return Note(share, NOW - age, **more)


def move(action: Action, found: ObservedRecords, **state: Any) -> CutoverPlan:
    return cutover_plan(action, CutoverState(state.pop("spec", cutover()), found, NOW, **state))


def after(found: ObservedRecords, plan: CutoverPlan) -> ObservedRecords:
    """The records after a batch: deleted ones must exist before it, created ones must not."""
    records = [one for one in (found.simple, found.old, found.new, found.note_record) if one is not None]
    for change in plan.changes:
        if change["Action"] == "DELETE":
            records.remove(change["ResourceRecordSet"])
        else:
            keys = [(one["Name"], one["Type"], one.get("SetIdentifier")) for one in records]
            made = change["ResourceRecordSet"]
            assert (made["Name"], made["Type"], made.get("SetIdentifier")) not in keys
            records.append(made)
    return observed_records(HOST, records)


def why(plan: CutoverPlan) -> str:
    assert plan.changes == ()
    return " | ".join(str(one) for one in plan.refusals)


def test_a_ttl_is_lowered_and_what_it_was_is_noted() -> None:
    found = there(simple(ttl=3600))
    lowered = after(found, move(Action.LOWER_TTL, found))
    assert lowered.simple == simple(ttl=60)
    assert lowered.note == Note(ttl=3600, lowered=NOW)
    assert move(Action.LOWER_TTL, lowered).changes == ()


@pytest.mark.parametrize(
    ("action", "found"),
    [
        *((Action.LOWER_TTL, found) for found in (there(alias()), there(simple(ttl=30)), there(*pair(10)), there())),
        *((Action.BACK, found) for found in (there(simple()), there(side(OLD, 100)), there(), there(*pair(0)))),
    ],
)
def test_a_move_with_nothing_to_do_changes_nothing(action: Action, found: ObservedRecords) -> None:
    plan = move(action, found)
    assert (plan.changes, plan.refusals) == ((), ())


def test_a_name_is_given_weights_all_at_the_old_side() -> None:
    found = there(simple(ttl=30))
    begun = after(found, move(Action.START, found))
    assert (begun.simple, begun.old) == (None, side(OLD, 100))
    assert begun.note == Note(0, NOW)
    assert move(Action.START, begun).changes == ()


def test_an_alias_is_given_weights_as_it_is() -> None:
    found = there(alias())
    begun = after(found, move(Action.START, found, spec=cutover(old=OLD_ALIAS, new=NEW_ALIAS)))
    assert begun.old == {**alias(), "SetIdentifier": OLD, "Weight": 100}


@pytest.mark.parametrize(
    ("found", "evidence"),
    [
        (there(), "it has no record"),
        (there(simple("elsewhere.example.org")), "it leads to elsewhere.example.org"),
        (there(simple(ttl=3600)), "its TTL is 3600 s, not 60 s"),
        (there(simple(), note=Note(ttl=3600, lowered=NOW - timedelta(minutes=59))), "wait until 2026-03-01 12:01 UTC"),
        (there(simple(), {**alias(), "Type": "AAAA"}), "it has a record AAAA besides"),
    ],
)
def test_weights_are_not_begun_too_early_nor_elsewhere(found: ObservedRecords, evidence: str) -> None:
    assert evidence in why(move(Action.START, found))


def test_weights_are_begun_once_the_old_ttl_is_over() -> None:
    found = there(simple(), note=Note(ttl=3600, lowered=NOW - HOUR))
    assert after(found, move(Action.START, found)).old == side(OLD, 100)


def test_an_alias_of_another_zone_than_was_told_is_not_begun() -> None:
    found = there(alias(zone="Z9OTHER"))
    assert "another hosted zone" in why(move(Action.START, found, spec=cutover(old=OLD_ALIAS, new=NEW_ALIAS)))


@pytest.mark.parametrize("action", [Action.START, Action.ADVANCE, Action.FINISH])
def test_nobody_is_moved_to_a_new_side_that_is_not_well(action: Action) -> None:
    sound = {
        Action.START: there(simple()),
        Action.ADVANCE: there(*pair(0)),
        Action.FINISH: there(*pair(100), note=since(100, 8 * DAY)),
    }[action]
    assert move(action, sound).changes
    assert "answers 503" in why(move(action, sound, unhealthy=UNHEALTHY))


def test_steps_lead_up_one_at_a_time_each_held() -> None:
    found, shares = there(*pair(0)), [0]
    spec, now = cutover(), NOW
    while found.share != 100:
        plan = cutover_plan(Action.ADVANCE, CutoverState(spec, found, now))
        found = after(found, plan)
        assert found.weights
        assert found.weights.old + found.weights.new == 100
        assert found.share == plan.share
        shares.append(found.share or 0)
        too_early = cutover_plan(Action.ADVANCE, CutoverState(spec, found, now + timedelta(minutes=59)))
        assert too_early.changes == ()
        assert all(refusal.passing for refusal in too_early.refusals)
        now += HOUR
    assert shares == [0, 10, 50, 100]
    assert "already" in cutover_plan(Action.ADVANCE, CutoverState(spec, found, now)).does


def test_a_share_may_be_cut_short_but_not_the_new_sides_health() -> None:
    found = there(*pair(10), note=since(10, timedelta(minutes=1)))
    assert "add `--early`" in why(move(Action.ADVANCE, found))
    assert move(Action.ADVANCE, found, early=True).share == 50
    assert "answers 503" in why(move(Action.ADVANCE, found, early=True, unhealthy=UNHEALTHY))


@pytest.mark.parametrize(
    ("found", "evidence"),
    [
        (there(simple()), "start` gives it weights"),
        (there(side(OLD, 100)), "the new side has no record"),
        (there(side(NEW, 100)), "the old side has no record"),
        (there(side(OLD, 0), side(NEW, 0)), "neither side has weight"),
        (there(*pair(17)), "since when is unknown"),
        (there(*pair(10), note=since(50, 2 * HOUR)), "since when is unknown"),
        (there(*pair(0, ttl=300)), "its TTL is 300 s, not 60 s"),
        (there(*pair(0), {**alias(), "Type": "AAAA"}), "it has a record AAAA besides"),
    ],
)
def test_a_step_is_not_taken_on_uncertain_ground(found: ObservedRecords, evidence: str) -> None:
    assert evidence in why(move(Action.ADVANCE, found))


def test_weights_that_somebody_set_by_hand_lead_to_the_next_step() -> None:
    assert move(Action.ADVANCE, there(*pair(17)), early=True).share == 50


@few
@given(st.integers(0, 255), st.integers(0, 255), st.booleans())
def test_from_any_weights_one_step_leads_back(old: int, new: int, unhealthy: bool) -> None:
    found = there(side(OLD, old), side(NEW, new))
    plan = move(Action.BACK, found, unhealthy=UNHEALTHY if unhealthy else ())
    assert plan.refusals == ()
    assert after(found, plan).share == 0
    assert len([one for one in plan.changes if one["ResourceRecordSet"]["Type"] == "CNAME"]) <= 4


def test_there_is_no_way_back_to_an_old_side_that_was_dropped() -> None:
    assert "its old side has been dropped" in why(move(Action.BACK, there(side(NEW, 100))))


@few
@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 30), st.booleans())
def test_the_old_side_is_never_dropped_while_it_has_weight(old: int, new: int, days: int, early: bool) -> None:
    found = there(side(OLD, old), side(NEW, new), note=since(100, days * DAY))
    plan = move(Action.FINISH, found, early=early)
    allowed = old == 0 and new > 0 and days >= 7
    assert bool(plan.changes) == allowed
    assert bool(plan.refusals) != allowed


def test_the_end_leaves_the_new_side_alone_and_its_ttl_as_it_should_be() -> None:
    found = there(*pair(100), note=since(100, 7 * DAY))
    ended = after(found, move(Action.FINISH, found))
    assert (ended.old, ended.note_record) == (None, None)
    assert ended.new == side(NEW, 100, ttl=300)
    assert move(Action.FINISH, ended).changes == ()
    assert move(Action.FINISH, ended).refusals == ()


def test_an_old_side_without_weight_since_nobody_knows_when_is_kept_until_that_is_noted() -> None:
    found = there(*pair(100))
    assert "no note says" in why(move(Action.FINISH, found))
    noted = after(found, move(Action.ADVANCE, found))
    assert noted.note == Note(100, NOW)
    assert "keep it until 2026-03-08" in why(move(Action.FINISH, noted))
    assert move(Action.ADVANCE, noted).changes == ()


@pytest.mark.parametrize("found", [there(), there(simple()), there(side(OLD, 100))])
def test_what_has_no_two_sides_has_no_end(found: ObservedRecords) -> None:
    assert why(move(Action.FINISH, found))


def test_what_was_noted_of_a_ttl_outlives_the_steps() -> None:
    found = there(*pair(0), note=Note(0, NOW - HOUR, 3600, NOW - HOUR))
    assert after(found, move(Action.ADVANCE, found)).note == Note(10, NOW, 3600, NOW - HOUR)


def test_when_the_next_step_may_be_taken_is_told() -> None:
    spec = cutover()
    assert earliest(spec, there(*pair(10), note=since(10, timedelta()))) == NOW + HOUR
    assert earliest(spec, there(*pair(100), note=since(100, timedelta()))) == NOW + 7 * DAY
    assert earliest(spec, there(*pair(0), note=since(0, timedelta()))) is None
    assert earliest(spec, there(*pair(17), note=since(10, timedelta()))) is None


def test_a_stack_file_that_leads_elsewhere_than_route_53_is_told() -> None:
    assert drift(cutover(), there(*pair(10))) == ()
    moved = replace(there(*pair(10)), new=side(OLD, 10))
    assert drift(cutover(), moved) == (f"new is {NEW_SIDE} by the stack file and {OLD_SIDE} in Route 53",)
    assert drift(cutover(), there(simple("x.example.org")))[0].startswith("old is")
