from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from hypothesis import given

from support.stacks.samples import few, json_values, locations
from tripod.core.problems import ConfigurationError, Problem
from tripod.core.sectioned_spec import CrossRule, SectionedSpec
from tripod.core.spec import Spec


class Left(Spec):
    """A section."""

    size: int = 0
    """Its size."""

    def _rules(self) -> Iterator[Problem]:
        if self.size < 0:
            yield Problem(("size",), str(self.size), "0 or more", "change it")


class Right(Spec):
    """A section that must be given."""

    size: int
    """Its size."""


def right_is_larger(left: Left, right_side: Right) -> Iterator[Problem]:
    if right_side.size < left.size:
        yield Problem(("right_side", "size"), str(right_side.size), "more than left", "change it")


def word_is_long(word: str) -> Iterator[Problem]:
    if len(word) < 3:
        yield Problem(("word",), repr(word), "a long word", "write a longer one")


class Whole(SectionedSpec):
    """Sections of every kind."""

    right_side: Right
    """Required."""
    left: Left = Left()
    """Optional."""
    items: tuple[Left, ...] = ()
    """Several."""
    word: str = "word"
    """A single value."""

    cross_rules: ClassVar[tuple[CrossRule, ...]] = (right_is_larger, word_is_long)


class Zones(Spec):
    """A section with a mapping."""

    zones: dict[str, int]
    """Two or more."""


def two_zones_or_more(network: Zones) -> Iterator[Problem]:
    if len(network.zones) < 2:
        yield Problem(("network", "zones"), str(len(network.zones)), "two or more", "add one")


class Spread(SectionedSpec):
    """A section that a rule looks at."""

    network: Zones
    """Required."""

    cross_rules: ClassVar[tuple[CrossRule, ...]] = (two_zones_or_more,)


def where(values: dict[str, Any]) -> list[str]:
    return locations(Whole.read(values)[1])


@pytest.mark.parametrize("key", ["rightSide", "right_side"])
def test_sections_are_read_as_a_stack_file_and_as_python_writes_them(key: str) -> None:
    assert Whole.load({key: {"size": 4}, "items": [{"size": 5}]}).plain() == {
        "right_side": {"size": 4},
        "left": {"size": 0},
        "items": [{"size": 5}],
        "word": "word",
    }


def test_a_broken_section_does_not_hide_what_others_break() -> None:
    values = {"left": {"size": -1}, "rightSide": {"bogus": 1}, "items": [{"size": -2}, {"x": 1}], "word": 5, "y": 1}
    assert set(where(values)) == {
        "left.size",
        "rightSide.size",
        "rightSide.bogus",
        "items[0].size",
        "items[1].x",
        "word",
        "y",
    }


def test_a_rule_between_sections_runs_when_they_could_be_read() -> None:
    assert where({"left": {"size": 5}, "rightSide": {"size": 4}}) == ["rightSide.size"]


def test_a_rule_between_sections_runs_though_another_section_is_broken() -> None:
    assert where({"left": {"size": 5}, "rightSide": {"size": 4}, "items": 3}) == ["items", "rightSide.size"]


def test_a_rule_between_sections_waits_for_all_that_it_needs() -> None:
    assert where({"left": {"size": 5}, "rightSide": {}}) == ["rightSide.size"]
    assert where({"left": {"size": 5}, "word": "no"}) == ["rightSide", "word"]


def test_what_a_rule_finds_around_a_wrong_shape_is_not_reported_twice() -> None:
    assert locations(Spread.read({"network": {"zones": {"a": 0, "b": "x"}}})[1]) == ["network.zones.b"]
    assert locations(Spread.read({"network": {"zones": {"a": 0}, "bogus": 1}})[1]) == ["network.bogus", "network.zones"]


def test_a_section_that_is_written_twice_is_refused_and_neither_is_believed() -> None:
    whole, problems = Whole.read({"rightSide": {"size": 1}, "right_side": {"size": -1, "x": 1}, "left": {"size": 5}})
    assert whole is None
    assert [(problem.location, problem.given) for problem in problems] == [("rightSide", "rightSide and right_side")]


@pytest.mark.parametrize(
    ("value", "given"), [({"credentials": {"value": "hunter2"}}, "a mapping"), ("x", "'x'"), (3, "3")]
)
def test_a_section_of_a_wrong_shape_does_not_show_its_content(value: Any, given: str) -> None:
    (problem,) = Whole.read({"rightSide": {"size": 1}, "items": value})[1]
    assert (problem.location, problem.given) == ("items", given)


def test_a_single_value_can_be_a_section_with_a_rule() -> None:
    assert where({"rightSide": {"size": 1}, "word": "ab"}) == ["word"]


def test_an_empty_section_is_read_as_one_and_not_passed_over() -> None:
    assert Whole.load({"rightSide": {"size": 1}, "items": [], "left": {}}).items == ()
    assert where({"rightSide": {"size": 1}, "word": ""}) == ["word"]


def test_a_missing_section_is_reported() -> None:
    (problem,) = Whole.read({})[1]
    assert (problem.location, problem.given) == ("rightSide", "nothing")


def test_an_item_that_is_no_mapping_is_reported_at_its_place() -> None:
    whole, problems = Whole.read({"rightSide": {"size": 1}, "items": [{}, "x", {"size": -1}, ["hunter2"]]})
    assert whole is None
    assert [(problem.location, problem.given) for problem in problems] == [
        ("items[1]", "'x'"),
        ("items[2].size", "-1"),
        ("items[3]", "a list"),
    ]


def test_unknown_sections_are_answered_with_the_nearest_one() -> None:
    (problem,) = Whole.read({"rightSide": {"size": 1}, "leftt": {}})[1]
    assert (problem.location, problem.remedy) == ("leftt", "did you mean left?")


def test_rules_between_sections_run_for_values_made_in_python_too() -> None:
    whole = Whole(right_side=Right(size=1), left=Left(size=2), word="x")
    assert locations(whole.problems()) == ["rightSide.size", "word"]


@few
@given(json_values, json_values, json_values, json_values)
def test_arbitrary_values_are_loaded_or_refused_and_nothing_else(left: Any, right: Any, items: Any, word: Any) -> None:
    try:
        loaded = Whole.load({"left": left, "rightSide": right, "items": items, "word": word})
    except ConfigurationError as refused:
        assert refused.problems  # noqa: PT017 - either outcome is one
    else:
        assert Whole.load(loaded.plain()) == loaded
