from hypothesis import given
from hypothesis import strategies as st

from tripod.core.naming import (
    OWNER_TAG_KEYS,
    owned_tags,
    ownership_tag,
    physical_name,
    tag_problems,
    truncate_with_hash,
)

names = st.from_regex(r"[a-z][a-z0-9-]{0,60}[a-z0-9]", fullmatch=True)
limits = st.integers(min_value=12, max_value=64)


@given(names, limits)
def test_a_bounded_name_keeps_its_limit_and_ends_in_no_hyphen(name: str, limit: int) -> None:
    assert len(truncate_with_hash(name, limit)) <= limit
    assert not truncate_with_hash(name, limit).endswith("-")


@given(names, limits)
def test_a_name_within_its_limit_stays_as_it_is(name: str, limit: int) -> None:
    assert (truncate_with_hash(name, limit) == name) is (len(name) <= limit)


@given(names, names, limits)
def test_two_names_stay_two_however_short_they_must_be(one: str, other: str, limit: int) -> None:
    common = "x" * limit
    assert (truncate_with_hash(common + one, limit) == truncate_with_hash(common + other, limit)) is (one == other)


def test_a_physical_name_begins_with_the_clusters() -> None:
    assert physical_name("demo", "etcd", 0, 1) == "demo-etcd-0-1"
    assert physical_name("demo") == "demo"


def test_a_physical_name_is_an_api_so_that_its_digest_never_changes() -> None:
    assert physical_name("production", "control-plane", "internal", limit=32) == "production-control-plane-5e26d6"


def test_a_tag_with_the_clusters_name_tells_controllers_what_is_whose() -> None:
    assert ownership_tag("demo") == "kubernetes.io/cluster/demo"


def test_owned_tags_say_whose_a_resource_is() -> None:
    tags = owned_tags("demo", {"owner": "a", "project": "b", "environment": "c", "cluster": "a lie"}, Name="demo-x")
    assert tags.keys() >= {*OWNER_TAG_KEYS, "Name"}
    assert tags["cluster"] == "demo"
    assert tags["kubernetes.io/cluster/demo"] == "owned"


def test_every_reserved_key_is_reported_and_no_other() -> None:
    free = {"team": "x", "Owner": "x", "my/aws:x": "x", "names": "x"}
    reserved = {"owner": "x", "Name": "x", "KubernetesCluster": "x", "aws:x": "x", "tripod:x": "x", "k8s.io/x": "x"}
    problems = list(tag_problems({**free, **reserved}))
    assert [problem.path for problem in problems] == [("tags", key) for key in reserved]


def test_a_reserved_key_is_reported_as_it_was_written() -> None:
    (problem,) = tag_problems({"tripod:my_key": "x"})
    assert problem.location == "tags.tripod:my_key"
