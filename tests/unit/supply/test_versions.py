import pytest
from hypothesis import given
from hypothesis import strategies as st

from tripod.supply.versions import (
    ETCD,
    ETCD_FOR_KUBERNETES,
    KUBELET_SKEW,
    KUBERNETES,
    OLDEST_ETCD_PATCH,
    Version,
    parse_version,
    skew_problems,
)

numbers = st.integers(min_value=0, max_value=999)


def blamed(kubernetes: str, workers: str | None, etcd: str) -> list[str]:
    return [problem.location for problem in skew_problems(kubernetes, workers, etcd)]


@given(numbers, numbers, numbers)
def test_a_version_is_read_as_it_is_written(major: int, minor: int, patch: int) -> None:
    read = parse_version(f"{major}.{minor}.{patch}")
    assert read == (major, minor, patch)
    assert parse_version(str(read)) == read


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.36", "1.36.4-rc.1", "1.36.x", "v1.36.4", " 1.36.4", "1.36.4\n", "1.36.4.1", "1.036.4", "01.36.4"],
)
def test_what_is_not_three_numbers_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        parse_version(text)


def test_versions_are_ordered_as_numbers() -> None:
    assert Version(1, 36, 4) < Version(1, 36, 10) < Version(1, 100, 0)


def test_the_pinned_versions_fit_together() -> None:
    assert blamed(KUBERNETES, KUBERNETES, ETCD) == []
    assert blamed(KUBERNETES, None, ETCD) == []


def test_every_listed_etcd_has_an_oldest_patch() -> None:
    assert {minor for minors in ETCD_FOR_KUBERNETES.values() for minor in minors} == OLDEST_ETCD_PATCH.keys()


@pytest.mark.parametrize(
    ("kubernetes", "workers", "etcd", "where"),
    [
        ("1.36.1", "1.36.1", "3.6.11", []),
        ("1.36.4", "1.36.1", "3.6.16", []),
        ("1.36.4", "1.33.0", "3.6.16", []),
        ("1.37.0", "1.36.4", "3.6.16", []),
        ("1.37.0", "1.37.0", "3.7.0", []),
        ("1.36.0", "1.36.0", "3.6.16", ["kubernetes"]),
        ("1.35.9", "1.35.9", "3.6.16", ["kubernetes"]),
        ("1.38.0", "1.38.0", "3.7.0", ["kubernetes"]),
        ("2.36.4", "2.36.4", "3.6.16", ["kubernetes"]),
        ("1.36.4", "1.36.4", "3.6.10", ["etcd"]),
        ("1.36.4", "1.36.4", "3.5.21", ["etcd"]),
        ("1.36.4", "1.36.4", "3.7.0", ["etcd"]),
        ("1.36.4", "1.36.5", "3.6.16", ["workers"]),
        ("1.36.4", "1.37.0", "3.6.16", ["workers"]),
        ("1.36.4", "1.32.9", "3.6.16", ["workers"]),
        ("1.36.4", "0.36.4", "3.6.16", ["workers"]),
        ("1.36.0", "1.37.0", "3.6.10", ["kubernetes", "workers"]),
        ("1.36.4", "1.37.0", "3.6.10", ["etcd", "workers"]),
        ("1.36.4", "1.36", "latest", ["workers", "etcd"]),
        ("v1.36.4", "v1.36.4", "3.6.16", ["kubernetes", "workers"]),
        ("x", None, "3.6.16", ["kubernetes"]),
        ("1.36.4", None, "latest", ["etcd"]),
        ("1.36.0", None, "3.6.16", ["kubernetes"]),
    ],
)
def test_versions_fit_together_or_the_wrong_one_is_named(
    kubernetes: str, workers: str | None, etcd: str, where: list[str]
) -> None:
    assert blamed(kubernetes, workers, etcd) == where


@given(st.integers(min_value=20, max_value=60), st.integers(min_value=0, max_value=30))
def test_a_kubelet_is_never_newer_and_at_most_three_minors_older(minor: int, patch: int) -> None:
    fits = Version(1, 36 - KUBELET_SKEW, 0) <= Version(1, minor, patch) <= parse_version(KUBERNETES)
    assert ("workers" not in blamed(KUBERNETES, f"1.{minor}.{patch}", ETCD)) is fits
    assert KUBELET_SKEW == 3


def test_the_remedy_for_a_newer_kubelet_is_to_upgrade_the_control_plane_first() -> None:
    (problem,) = skew_problems("1.36.4", "1.37.0", "3.6.16")
    assert "upgrade the control plane first" in problem.remedy
