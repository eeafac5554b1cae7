from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import few, json_values
from tripod.core.problems import ConfigurationError, Path, Problem
from tripod.core.spec import Spec, Whole, display_value, without_reported


class Leaf(Spec):
    """A leaf."""

    number: Whole = 1
    """A number that may not be negative."""
    kind: Literal["one", "two"] = "one"
    """A choice."""
    password: str = ""
    """Something secret."""

    def _rules(self) -> Iterator[Problem]:
        if self.number < 0:
            yield Problem(("number",), str(self.number), "0 or more", "change it")


class Tree(Spec):
    """Leaves in every place that a specification can have them."""

    name: str
    """Required."""
    one_leaf: Leaf = Leaf()
    """One."""
    some_leaves: tuple[Leaf, ...] = ()
    """Several."""
    named_leaves: dict[str, Leaf] = {}  # noqa: RUF012 - pydantic copies defaults
    """By name."""
    maybe_leaf: Leaf | None = None
    """Perhaps one."""
    words: tuple[str, ...] = ()
    """No leaves."""

    def _rules(self) -> Iterator[Problem]:
        if not self.name:
            yield Problem(("name",), "''", "a name", "give it one")


def found(values: dict[str, Any]) -> dict[str, Problem]:
    return {problem.location: problem for problem in Tree.read(values)[1]}


@pytest.mark.parametrize("key", ["oneLeaf", "one_leaf"])
def test_keys_are_read_as_a_stack_file_and_as_python_writes_them(key: str) -> None:
    assert Tree.load({"name": "x", key: {"number": 7}}).one_leaf.number == 7


PLACES: dict[str, Callable[[dict[str, int]], dict[str, Any]]] = {
    "oneLeaf": lambda leaf: {"oneLeaf": leaf},
    "someLeaves[1]": lambda leaf: {"someLeaves": [{}, leaf]},
    "namedLeaves.left-most": lambda leaf: {"namedLeaves": {"left-most": leaf}},
    "maybeLeaf": lambda leaf: {"maybeLeaf": leaf},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_problem_of_a_nested_specification_is_reported_at_its_place_and_hides_nothing(place: str) -> None:
    assert list(found({"name": "x", **PLACES[place]({"number": -1})})) == [f"{place}.number"]
    problems = found({"name": "", **PLACES[place]({"bogus": 1})})
    assert set(problems) == {f"{place}.bogus", "name"}
    unknown = problems[f"{place}.bogus"]
    assert (unknown.given, unknown.allowed) == ("an unknown key", "one of number, kind, password")


def test_a_problem_of_a_mapping_has_its_key_as_it_was_written() -> None:
    for leaf, where in (({"number": -1}, "number"), ({"number": "one"}, "number"), ({"bogus": 1}, "bogus")):
        for key in ("a_b", "aB"):
            assert list(found({"name": "x", "namedLeaves": {key: leaf}})) == [f"namedLeaves.{key}.{where}"]


def test_an_unknown_key_is_answered_with_the_keys_of_its_place_and_the_nearest_one() -> None:
    problems = found({"name": "", "oneLeef": {}})
    assert set(problems) == {"oneLeef", "name"}
    problem = problems["oneLeef"]
    assert problem.allowed == "one of name, oneLeaf, someLeaves, namedLeaves, maybeLeaf, words"
    assert (problem.given, problem.remedy) == ("an unknown key", "did you mean oneLeaf?")


@pytest.mark.parametrize("key", ["password", "dbPassword", "secretName", "apiToken", "awsCredentials", "privateKey"])
def test_the_value_of_an_unknown_key_is_never_shown(key: str) -> None:
    problem = found({"name": "x", key: "hunter2"})[key]
    assert "hunter2" not in str(problem)
    assert "Secrets Manager" in problem.remedy


def test_a_secret_of_a_wrong_type_is_not_shown() -> None:
    assert "hunter2" not in str(found({"name": "x", "oneLeaf": {"password": ["hunter2"]}})["oneLeaf.password"])


def test_a_value_within_what_is_called_like_a_secret_is_not_shown() -> None:
    problems = found({"name": "x", "namedLeaves": {"secret-one": {"number": "hunter2"}}})
    assert problems["namedLeaves.secret-one.number"].given == "a value that is not shown"


@pytest.mark.parametrize(
    ("value", "given"), [({"inner": "hunter2"}, "a mapping"), (["hunter2"], "a list"), ([], "a list"), (5, "5")]
)
def test_of_a_mapping_or_a_list_no_content_is_shown(value: Any, given: str) -> None:
    assert found({"name": value})["name"].given == given


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ({"words": [5]}, "words[0]"),
        ({"words": ["a", None]}, "words[1]"),
        ({"someLeaves": [{"number": 2}, "x"]}, "someLeaves[1]"),
    ],
)
def test_an_item_of_a_wrong_type_hides_nothing(values: dict[str, Any], location: str) -> None:
    assert set(found({"name": "", **values})) == {location, "name"}


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (("zones", "a"), False),
        (("zones", "a", "id"), False),
        (("zones",), False),
        ((), False),
        (("zones", "b"), True),
        (("zones", "ab"), True),
        (("name",), True),
    ],
)
def test_a_problem_within_or_around_a_wrong_shape_may_be_its_consequence_and_is_left_out(
    path: Path, kept: bool
) -> None:
    problem = Problem(path, "", "", "")
    assert without_reported([problem], [("zones", "a")]) == ([problem] if kept else [])


def test_a_value_of_a_wrong_type_is_shown_and_hides_nothing() -> None:
    problems = found({"name": "x", "oneLeaf": {"number": "many"}, "maybeLeaf": {"number": -1}})
    assert set(problems) == {"oneLeaf.number", "maybeLeaf.number"}
    assert problems["oneLeaf.number"].given == "'many'"


def test_a_choice_is_answered_with_what_may_be_chosen() -> None:
    problem = found({"name": "x", "oneLeaf": {"kind": "three"}})["oneLeaf.kind"]
    assert problem.given == "'three'"
    assert problem.allowed == "'one' or 'two'"


def test_a_missing_value_is_reported_beside_unknown_keys() -> None:
    spec, problems = Tree.read({"bogus": 1})
    assert spec is None
    assert {(problem.location, problem.given) for problem in problems} == {
        ("name", "nothing"),
        ("bogus", "an unknown key"),
    }


def test_loading_refuses_with_every_problem_at_once() -> None:
    values = {"name": "x", "oneLeaf": {"number": -1, "bogus": 1}, "someLeaves": [{"number": -1}, {"kind": 3}]}
    with pytest.raises(ConfigurationError) as refused:
        Tree.load(values)
    assert {problem.location for problem in refused.value.problems} == {
        "oneLeaf.number",
        "oneLeaf.bogus",
        "someLeaves[0].number",
        "someLeaves[1].kind",
    }


def test_whole_floats_are_counts_because_a_hosted_component_receives_them() -> None:
    assert Tree.load({"name": "x", "someLeaves": [{"number": 3.0}]}).some_leaves[0].number == 3
    assert list(found({"name": "x", "oneLeaf": {"number": 3.5}})) == ["oneLeaf.number"]


@pytest.mark.parametrize("flag", [True, False])
def test_flags_are_no_numbers(flag: bool) -> None:
    problem = found({"name": "x", "oneLeaf": {"number": flag}})["oneLeaf.number"]
    assert (problem.given, problem.allowed) == (str(flag), "a whole number")


def test_plain_values_are_read_back_as_the_same_specification() -> None:
    spec = Tree.load({"name": "x", "someLeaves": [{"number": 2}], "namedLeaves": {"a-b": {"kind": "two"}}})
    assert Tree.load(spec.plain()) == spec


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Tree.load({"name": "x"}).__setattr__("name", "y")


@few
@given(st.dictionaries(st.sampled_from(["name", "oneLeaf", "someLeaves", "named_leaves", "x"]), json_values))
def test_arbitrary_values_are_read_or_refused_and_nothing_else(values: dict[str, Any]) -> None:
    spec, problems = Tree.read(values)
    assert spec is not None or problems


@given(json_values | st.text())
def test_what_is_shown_of_a_value_is_short_and_on_one_line(value: Any) -> None:
    assert len(display_value(value)) <= 60
    assert len(display_value(value).splitlines()) == 1
