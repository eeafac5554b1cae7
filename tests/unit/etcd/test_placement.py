"""Members where they were written down, instead of dealt out."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import locations
from tripod.etcd.quorum import (
    Placement,
    place_members,
    placement_problems,
    tolerates_zone_failure,
    zone_failure_problems,
)

valid_members = st.sampled_from((3, 5, 7))
slots_of_some_zones = st.permutations(range(4)).flatmap(
    lambda slots: st.integers(1, 3).map(lambda count: dict(zip("abc"[:count], slots, strict=False)))
)
placements = st.dictionaries(st.sampled_from("abc"), st.integers(0, 4), min_size=1)


def written_down(members: int, zones: dict[str, int]) -> dict[str, int]:
    """The current placement, as an operator writes it down before adding a zone."""
    return dict(Counter(place.zone for place in place_members(members, zones)))


def joined(zones: dict[str, int]) -> list[dict[str, int]]:
    """The zones with one more, of whatever slot is free."""
    return [{**zones, "new": slot} for slot in range(4) if slot not in zones.values()]


@given(valid_members, slots_of_some_zones)
def test_what_is_written_down_as_it_is_moves_no_member(members: int, zones: dict[str, int]) -> None:
    assert place_members(members, zones, written_down(members, zones)) == place_members(members, zones)


@given(valid_members, slots_of_some_zones)
def test_a_zone_that_joins_moves_no_member_that_was_written_down(members: int, zones: dict[str, int]) -> None:
    for grown in joined(zones):
        assert place_members(members, grown, written_down(members, zones)) == place_members(members, zones)


@given(valid_members, slots_of_some_zones)
def test_members_join_a_zone_at_any_slot_and_move_none_that_was_written_down(
    members: int, zones: dict[str, int]
) -> None:
    for grown in joined(zones):
        placement = {**written_down(members, zones), "new": 2}
        added = set(place_members(members + 2, grown, placement)) - set(place_members(members, zones))
        assert {(place.zone, place.ordinal) for place in added} == {("new", 0), ("new", 1)}


@pytest.mark.parametrize(
    ("members", "zones", "after", "grown", "moved"),
    [
        (3, {"a": 0, "b": 1}, 3, {"a": 0, "b": 1, "new": 2}, Placement("a", 0, 1)),
        (5, {"a": 1, "b": 2}, 7, {"new": 0, "a": 1, "b": 2}, Placement("a", 1, 2)),
    ],
)
def test_without_a_placement_a_zone_that_joins_so_would_move_a_member(
    members: int, zones: dict[str, int], after: int, grown: dict[str, int], moved: Placement
) -> None:
    assert set(place_members(members, zones)) - set(place_members(after, grown)) == {moved}


def test_places_are_in_the_order_of_slots_however_they_are_written_down() -> None:
    zones = {"a": 2, "b": 0, "c": 1}
    assert [place.key for place in place_members(3, zones, {"a": 1, "b": 2})] == ["0-0", "0-1", "2-0"]


@pytest.mark.parametrize(
    ("placement", "where"),
    [
        ({"a": 1, "b": 1, "c": 1}, []),
        ({"a": 2, "b": 1}, []),
        ({"a": 3, "c": 0}, []),
        ({}, ["etcd.placement"]),
        ({"a": 1, "b": 1}, ["etcd.placement"]),
        ({"a": 2, "b": 2}, ["etcd.placement"]),
        ({"a": 2, "x_y": 1}, ["etcd.placement.x_y"]),
        ({"a": 4, "b": -1}, ["etcd.placement.b"]),
        ({"a": 1, "x": -1}, ["etcd.placement.x", "etcd.placement.x", "etcd.placement"]),
    ],
)
def test_a_placement_is_of_all_members_over_zones_that_there_are(placement: dict[str, int], where: list[str]) -> None:
    assert locations(placement_problems(3, {"a": 0, "b": 1, "c": 2}, placement, ("etcd", "placement"))) == where


def test_a_placement_in_a_zone_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    (problem,) = placement_problems(3, {"a": 0, "b": 1}, {"a": 2, "x": 1}, ("placement",))
    assert (problem.given, problem.allowed) == ("x", "zones of network.zones: a, b")


@given(placements)
def test_a_placement_is_refused_exactly_when_the_loss_of_a_zone_is_not_survived(placement: dict[str, int]) -> None:
    zones = {"a": 0, "b": 1, "c": 2}
    where = [zone for zone, count in placement.items() for _ in range(count)]
    problems = list(zone_failure_problems(len(where), zones, placement, ("network", "zones")))
    assert bool(problems) is (bool(where) and not tolerates_zone_failure(where))
