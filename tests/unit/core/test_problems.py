import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import ec2_id
from tripod.core.problems import ConfigurationError, MapKey, Problem, camel_case, id_problems, raise_if_any, snake_case

PROBLEM = Problem(("etcd", "instance_type"), "'x'", "a type", "correct it")


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ((), ""),
        (("region",), "region"),
        (("etcd", "instance_type"), "etcd.instanceType"),
        (("workers", 1, "name"), "workers[1].name"),
        (("peers", 0, "databases", 2, "zones"), "peers[0].databases[2].zones"),
        (("network", "zones", "us-west-2a"), "network.zones.us-west-2a"),
        (("cluster", "tags", "kubernetes.io/x_y"), "cluster.tags.kubernetes.io/x_y"),
        (("cluster", "tags", MapKey("cost_center")), "cluster.tags.cost_center"),
        ((MapKey("cost_center"), "instance_type"), "cost_center.instanceType"),
    ],
)
def test_a_location_is_written_as_in_a_stack_file(path: tuple[str | int, ...], location: str) -> None:
    assert Problem(path, "", "", "").location == location


def test_a_problem_under_a_longer_path_keeps_its_text() -> None:
    nested = PROBLEM.under("peers", 3)
    assert nested.path == ("peers", 3, "etcd", "instance_type")
    assert (nested.given, nested.allowed, nested.remedy) == (PROBLEM.given, PROBLEM.allowed, PROBLEM.remedy)


def test_a_problem_says_where_what_was_given_what_is_allowed_and_what_to_do() -> None:
    assert str(PROBLEM) == "etcd.instanceType: given 'x'; allowed: a type; correct it"


@pytest.mark.parametrize(("number", "count"), [(1, "1 problem in"), (2, "2 problems in"), (12, "12 problems in")])
def test_a_refusal_counts_its_problems_and_lists_each(number: int, count: str) -> None:
    problems = [Problem(("workers", position), "a", "b", "c") for position in range(number)]
    error = ConfigurationError(problems)
    first, *listed = str(error).splitlines()
    assert first.startswith(count)
    assert first.endswith("nothing was created")
    assert listed == [f"  - {problem}" for problem in problems]
    assert error.problems == tuple(problems)


def test_nothing_is_refused_without_a_problem() -> None:
    raise_if_any(iter(()))


def test_a_refusal_has_every_problem_even_of_a_generator() -> None:
    with pytest.raises(ConfigurationError) as refused:
        raise_if_any(PROBLEM.under(position) for position in range(3))
    assert [problem.path[0] for problem in refused.value.problems] == [0, 1, 2]


@pytest.mark.parametrize("id_", [None, "vpc-01234567", "vpc-0123456789abcdef0", ec2_id("vpc")])
def test_an_id_of_ec2_is_taken_and_so_is_none(id_: str | None) -> None:
    assert list(id_problems(id_, "vpc", ("vpc_id",))) == []


@pytest.mark.parametrize(
    "id_", ["", "vpc-", "vpc-0123456", "vpc-0123456789abcdef01", "vpc-0123456G", "VPC-01234567", "vpc-01234567\n"]
)
def test_what_is_no_id_of_ec2_is_answered_with_one(id_: str) -> None:
    (problem,) = id_problems(id_, "vpc", ("peers", 0, "vpc_id"))
    assert (problem.location, problem.given) == ("peers[0].vpcId", repr(id_))
    assert "vpc-0123456789abcdef0" in problem.allowed


def test_an_id_of_another_kind_is_refused() -> None:
    assert len(list(id_problems(ec2_id("vpc"), "subnet", ("id",)))) == 1


@given(st.from_regex(r"[a-z][A-Za-z0-9]*", fullmatch=True))
def test_a_key_of_a_stack_file_survives_the_way_to_python_and_back(key: str) -> None:
    assert camel_case(snake_case(key)) == key


@given(st.from_regex(r"[a-z]+(_[a-z][a-z0-9]*)*", fullmatch=True))
def test_a_field_survives_the_way_to_a_stack_file_and_back(field: str) -> None:
    assert snake_case(camel_case(field)) == field


@pytest.mark.parametrize("name", ["us-west-2a", "kubernetes.io/role", "_private", "two__scores", "Name", "trailing_"])
def test_a_name_of_other_characters_stays_as_it_is(name: str) -> None:
    assert camel_case(name) == name
    assert snake_case(name) == name
