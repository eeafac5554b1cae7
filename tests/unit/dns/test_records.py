from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.operations.cutover_samples import HOST, NEW_SIDE, OLD_SIDE, alias, note_record, pair, side, simple
from support.stacks.samples import few
from tripod.dns.records import (
    NEW,
    OLD,
    Note,
    note_changes,
    note_name,
    observed_records,
    swap,
    target_of,
    ttl_of,
    with_ttl,
)
from tripod.dns.weights import BACK, Weights, next_share, weights_at

moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
shares = st.integers(0, 100)
step_lists = st.sets(st.integers(1, 99), min_size=1).map(lambda steps: [*sorted(steps), 100])


@few
@given(shares)
def test_weights_of_a_share_never_sum_to_nothing_and_give_that_share(share: int) -> None:
    weights = weights_at(share)
    assert weights.old + weights.new > 0
    assert min(weights.old, weights.new) >= 0
    assert weights.share == share


@pytest.mark.parametrize("share", [-1, 101])
def test_a_share_that_is_none_has_no_weights(share: int) -> None:
    with pytest.raises(ValueError, match=f"a share of {share} %"):
        weights_at(share)


@few
@given(st.integers(0, 255), st.integers(0, 255))
def test_a_share_is_0_or_100_only_where_the_other_side_gets_nothing(old: int, new: int) -> None:
    share = Weights(old, new).share
    assert (share is None) == (old == new == 0)
    if share is not None:
        assert (share == 0) == (new == 0)
        assert (share == 100) == (old == 0)


@few
@given(step_lists, shares)
def test_steps_end_at_everything_from_wherever(steps: list[int], share: int) -> None:
    taken: list[int] = []
    while (step := next_share(steps, share)) is not None:
        assert step > share
        taken.append(share := step)
    assert share == 100
    assert taken == [step for step in steps if step in taken]


def test_the_way_back_is_one_step_from_everywhere() -> None:
    assert Weights(100, 0) == BACK
    assert BACK.share == 0


@few
@given(st.builds(Note, shares, moments, st.integers(1, 172_800), moments))
def test_a_note_is_read_as_it_was_written(note: Note) -> None:
    assert Note.read(note.text()) == note
    assert len(note.text()) <= 255


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ('"tripod-cutover"', Note()),
        ('"v=spf1 -all"', Note()),
        ('"tripod-cutover share=x since=yesterday"', Note()),
        ('"tripod-cutover share=5 since=2026-01-31T12:00:00Z more=1"', Note(5, datetime(2026, 1, 31, 12, tzinfo=UTC))),
    ],
)
def test_what_a_note_does_not_say_is_not_known(text: str, note: Note) -> None:
    assert Note.read(text) == note


def test_what_there_is_of_a_name_is_found_among_its_neighbours() -> None:
    note = Note(10, datetime(2026, 1, 31, tzinfo=UTC))
    others = [{**simple(), "Name": f"x.{HOST}."}, {**simple(), "Name": "example.com.", "Type": "NS"}]
    found = observed_records(HOST, [*pair(10), *others, note_record(note)])
    assert found.simple is None
    assert (found.old, found.new) == (side(OLD, 90), side(NEW, 10))
    assert found.weights == Weights(90, 10)
    assert found.note == note
    assert found.unowned == ()
    assert observed_records(HOST, others).share is None


@pytest.mark.parametrize(
    ("record", "description"),
    [
        ({**alias(), "Type": "AAAA"}, "AAAA"),
        ({**side(OLD, 1), "SetIdentifier": "green"}, "CNAME green"),
        ({**simple(), "SetIdentifier": "old", "Region": "us-west-2"}, "CNAME old"),
        ({**simple(), "Type": "HTTPS"}, "HTTPS"),
    ],
)
def test_records_that_no_weight_moves_are_reported(record: dict[str, Any], description: str) -> None:
    assert observed_records(HOST, [*pair(0), record]).unowned == (description,)


def test_mail_and_proofs_of_a_name_are_in_nobodys_way() -> None:
    assert observed_records(HOST, [{**simple(), "Type": kind} for kind in ("MX", "TXT", "CAA")]).unowned == ()


def test_a_record_says_where_it_leads_and_for_how_long() -> None:
    assert (target_of(simple()), ttl_of(simple(ttl=300))) == (OLD_SIDE, 300)
    assert (target_of(alias(NEW_SIDE.upper())), ttl_of(alias())) == (NEW_SIDE, None)
    assert with_ttl(simple(ttl=300), 60) == simple(ttl=60)
    assert with_ttl(alias(), 60) == alias()


def test_a_change_takes_away_exactly_what_was_read() -> None:
    before, after = side(OLD, 90), side(OLD, 50)
    assert swap(before, after) == [
        {"Action": "DELETE", "ResourceRecordSet": before},
        {"Action": "CREATE", "ResourceRecordSet": after},
    ]
    assert swap(before, dict(before)) == []
    assert [change["Action"] for change in swap(None, after)] == ["CREATE"]
    assert [change["Action"] for change in swap(before, None)] == ["DELETE"]


def test_a_note_is_written_beside_the_name_and_taken_away() -> None:
    note = Note(10, datetime(2026, 1, 31, tzinfo=UTC))
    (written,) = note_changes(HOST, 60, None, note)
    assert written["ResourceRecordSet"] == note_record(note)
    assert written["ResourceRecordSet"]["Name"] == f"{note_name(HOST)}."
    assert note_changes(HOST, 60, note_record(note), None) == [
        {"Action": "DELETE", "ResourceRecordSet": note_record(note)}
    ]
    assert note_changes(HOST, 60, None, None) == []
