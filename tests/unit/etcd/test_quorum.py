from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripod.etcd.quorum import (
    Placement,
    losses_survived,
    member_count_problem,
    most_in_one_zone,
    place_members,
    quorum,
    tolerates_zone_failure,
    zone_failure_problems,
)

members_of_any_number = st.integers(1, 12)
valid_members = st.sampled_from((3, 5, 7))
zones_with_slots = st.permutations(range(4)).flatmap(
    lambda slots: st.integers(1, 4).map(lambda count: dict(zip("abcd"[:count], slots, strict=False)))
)


def counts(members: int, zones: Mapping[str, int]) -> list[int]:
    return list(Counter(place.zone for place in place_members(members, zones)).values())


@given(members_of_any_number)
def test_two_quorums_always_share_a_member_and_one_less_would_not(members: int) -> None:
    assert 2 * quorum(members) > members
    assert 2 * (quorum(members) - 1) <= members
    assert quorum(members) + losses_survived(members) == members


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9))
def test_a_spread_survives_a_zone_if_and_only_if_whichever_goes_the_rest_is_quorate(where: list[str]) -> None:
    assert most_in_one_zone(where) == max(where.count(zone) for zone in where)
    remaining = [sum(1 for other in where if other != gone) for gone in set(where)]
    assert tolerates_zone_failure(where) is all(left >= quorum(len(where)) for left in remaining)


def test_no_member_at_all_survives_nothing() -> None:
    assert tolerates_zone_failure([]) is False
    assert place_members(3, {}) == ()


@pytest.mark.parametrize(
    ("members", "zones", "expected", "survives"),
    [
        (3, {"a": 0, "b": 1}, [2, 1], False),
        (3, {"a": 0, "b": 1, "c": 2}, [1, 1, 1], True),
        (5, {"a": 0, "b": 1}, [3, 2], False),
        (5, {"a": 0, "b": 1, "c": 2}, [2, 2, 1], True),
        (7, {"a": 0, "b": 1, "c": 2}, [3, 2, 2], True),
        (7, {"a": 0, "b": 1, "c": 2, "d": 3}, [2, 2, 2, 1], True),
        (3, {"a": 0}, [3], False),
    ],
)
def test_members_are_spread_as_operators_know_it(
    members: int, zones: dict[str, int], expected: list[int], survives: bool
) -> None:
    assert counts(members, zones) == expected
    assert tolerates_zone_failure([place.zone for place in place_members(members, zones)]) is survives


@given(members_of_any_number, zones_with_slots)
def test_zones_differ_by_one_member_at_most_and_the_first_slots_have_more(members: int, zones: dict[str, int]) -> None:
    of_zone = Counter(place.zone for place in place_members(members, zones))
    by_slot = [of_zone[zone] for zone in sorted(zones, key=lambda zone: zones[zone])]
    assert sum(by_slot) == members
    assert by_slot == sorted(by_slot, reverse=True)
    assert by_slot[0] - by_slot[-1] <= 1


@given(members_of_any_number, zones_with_slots)
def test_every_member_has_a_key_of_its_own_from_its_slot_and_ordinal(members: int, zones: dict[str, int]) -> None:
    places = place_members(members, zones)
    assert len({place.key for place in places}) == members
    assert all(place.slot == zones[place.zone] for place in places)
    assert Placement("a", 2, 1).key == "2-1"


@given(members_of_any_number, zones_with_slots)
def test_the_order_in_which_zones_are_listed_moves_no_member(members: int, zones: dict[str, int]) -> None:
    assert place_members(members, dict(reversed(zones.items()))) == place_members(members, zones)


@pytest.mark.parametrize(
    "zones", [{"a": 0, "b": 1}, {"a": 2, "b": 0}, {"a": 0, "b": 1, "c": 2}, {"x": 1, "y": 0, "z": 2}]
)
@pytest.mark.parametrize("members", [3, 5])
def test_growing_by_a_zone_and_two_members_adds_members_and_moves_none(members: int, zones: dict[str, int]) -> None:
    grown = {**zones, "new": 3}
    before, after = set(place_members(members, zones)), set(place_members(members + 2, grown))
    assert before < after


@given(valid_members, zones_with_slots)
def test_members_that_join_the_same_zones_move_none(members: int, zones: dict[str, int]) -> None:
    assert set(place_members(members, zones)) < set(place_members(members + 2, zones))


@given(st.integers(-3, 20))
def test_only_odd_numbers_from_three_to_seven_are_members(members: int) -> None:
    assert (member_count_problem(members, ("members",)) is None) is (members in (3, 5, 7))


@pytest.mark.parametrize(("members", "advice"), [(4, "use 5: an even number"), (6, "use 7: an even number")])
def test_an_even_number_of_members_is_refused_with_the_next_odd_one(members: int, advice: str) -> None:
    problem = member_count_problem(members, ("members",))
    assert problem is not None
    assert problem.remedy.startswith(advice)
    assert f"survives no more losses than {members - 1}" in problem.remedy
    assert losses_survived(members) == losses_survived(members - 1)


@pytest.mark.parametrize(("members", "advice"), [(1, "use 3"), (2, "use 3"), (0, "use 3"), (8, "use 7"), (9, "use 7")])
def test_too_few_and_too_many_members_are_answered_with_the_nearest_number(members: int, advice: str) -> None:
    problem = member_count_problem(members, ("members",))
    assert problem is not None
    assert problem.remedy.startswith(advice)


@given(valid_members, zones_with_slots)
def test_zones_are_refused_exactly_when_the_loss_of_one_is_not_survived(members: int, zones: dict[str, int]) -> None:
    problems = list(zone_failure_problems(members, zones, None, ("zones",)))
    assert bool(problems) is not tolerates_zone_failure([place.zone for place in place_members(members, zones)])
    assert all(zone in problem.given for problem in problems for zone in zones)


def test_two_zones_are_refused_by_name_and_with_what_can_be_done() -> None:
    (problem,) = zone_failure_problems(3, {"us-west-1c": 1, "us-west-1a": 0}, None, ("network", "zones"))
    assert problem.given == "us-west-1a, us-west-1c (3 members as 2/1)"
    assert problem.location == "network.zones"
    assert "cluster.ha: node" in problem.remedy
    (placed,) = zone_failure_problems(3, {"a": 0, "b": 1, "c": 2}, {"a": 2, "b": 1}, ("zones",))
    assert "3 members as 2/1" in placed.given
