from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import locations
from tripod.network.ranges import (
    allow_list_problems,
    overlap_problems,
    private_range_problems,
    range_problem,
    try_parse_range,
)

PATH = ("network", "cidr")

ranges = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(lambda pair: str(IPv4Network(pair, strict=False)))


@given(st.text(alphabet="0123456789./ab:", max_size=20))
def test_a_text_is_a_range_or_none(text: str) -> None:
    found = try_parse_range(text)
    assert (range_problem(text, found, PATH) is None) is (found is not None and str(found) == text)


@given(ranges)
def test_a_range_that_is_written_cleanly_is_taken(text: str) -> None:
    assert range_problem(text, try_parse_range(text), PATH) is None
    assert str(try_parse_range(text)) == text


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("10.0.0.0", "did you mean 10.0.0.0/32?"),
        ("10.0.1.0/16", "did you mean 10.0.0.0/16?"),
        ("10.0.0.0/255.255.0.0", "did you mean 10.0.0.0/16?"),
        ("10.0.0.0/33", "write address/prefix"),
        ("10.0.0/16", "write address/prefix"),
        ("10.0.0.0/16/8", "write address/prefix"),
        ("fd00::/8", "write address/prefix"),
        ("", "write address/prefix"),
    ],
)
def test_a_range_that_is_none_is_answered_with_what_was_meant(text: str, remedy: str) -> None:
    problem = range_problem(text, try_parse_range(text), PATH)
    assert problem is not None
    assert (problem.path, problem.given, problem.remedy) == (PATH, repr(text), remedy)


PRIVATE = "a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10"
SIZE = "a prefix from /16 to /21"


@pytest.mark.parametrize(
    ("texts", "allowed"),
    [
        (["10.0.0.0/16", "172.31.0.0/16", "192.168.0.0/16", "100.64.0.0/16", "10.255.0.0/20", "10.0.0.0/21"], []),
        (["11.1.0.0/16", "172.32.0.0/16", "192.169.0.0/16", "100.128.0.0/16", "0.0.0.0/16"], [PRIVATE]),
        (["10.0.0.0/15", "10.0.0.0/22"], [SIZE]),
        (["172.0.0.0/8", "192.0.0.0/8", "100.0.0.0/8"], [PRIVATE, SIZE]),  # partly private
        (["11.1.0.1/8"], ["a range without host bits", PRIVATE, SIZE]),
        (["10.0.0.0"], ["an address with a prefix", SIZE]),
    ],
)
def test_a_range_is_private_and_of_a_workable_size(texts: list[str], allowed: list[str]) -> None:
    for text in texts:
        problems = private_range_problems(text, try_parse_range(text), PATH, 16, 21)
        assert [problem.allowed for problem in problems] == allowed, text


@given(ranges, ranges)
def test_an_overlap_is_found_in_either_order(one: str, other: str) -> None:
    first, second = IPv4Network(one), IPv4Network(other)
    forwards = list(overlap_problems({("a",): first, ("b",): second}))
    backwards = list(overlap_problems({("b",): second, ("a",): first}))
    assert len(forwards) == len(backwards)
    shared = first.network_address in second or second.network_address in first
    assert bool(forwards) is shared


@given(st.lists(ranges, max_size=5))
def test_every_pair_that_overlaps_is_reported_once(texts: list[str]) -> None:
    nets = [IPv4Network(text) for text in texts]
    pairs = [(i, j) for j in range(len(nets)) for i in range(j) if nets[i].overlaps(nets[j])]
    problems = list(overlap_problems({("list", position): net for position, net in enumerate(nets)}))
    assert sorted(problem.location for problem in problems) == sorted(f"list[{j}]" for _, j in pairs)
    assert all(any(f"list[{i}] (" in problem.allowed for problem in problems) for i, _ in pairs)


def test_what_cannot_be_read_overlaps_nothing() -> None:
    texts = {"a": "nonsense", "b": "10.0.0.0/8", "c": ""}
    assert list(overlap_problems({(name,): try_parse_range(text) for name, text in texts.items()})) == []


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (("10.0.0.0/8", "203.0.113.7/32"), []),
        (("0.0.0.0/0",), ["access[0]"]),
        (("0.0.0.0/1", "128.0.0.0/1"), ["access[0]", "access[1]"]),
        (("203.0.113.0/24", "12.0.0.0/7"), ["access[1]"]),
        (("203.0.113.0/24", "10.0.0.0/8", "203.0.113.0/24", "203.0.113.0/24"), ["access[2]", "access[3]"]),
        (("203.0.113.1/24",), ["access[0]"]),
        (("somewhere",), ["access[0]"]),
        (("::/0",), ["access[0]"]),
    ],
)
def test_an_allow_list_names_its_ranges_and_never_everybody(texts: tuple[str, ...], where: list[str]) -> None:
    assert locations(allow_list_problems(texts, ("access",))) == where
