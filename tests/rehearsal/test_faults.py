"""A broken thing is found: one fault at a time, in a copy of the account, and exactly that finding appears."""

import pytest

from support.account.rehearsed import Copy, Rehearsed
from support.faults import FAULTS
from support.faults.rights import put_images
from tripod.operations.verify import CHECKS


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_check_and_by_no_other(local: Rehearsed, fault: str) -> None:
    check, act = FAULTS[fault]

    def broken(copy: Copy) -> dict[str, list[str]]:
        act(copy)
        return copy.broken()

    found = local.in_a_copy(broken)
    assert found.keys() == {check}, found


def test_every_check_is_broken_by_some_fault() -> None:
    assert {check.id for check in CHECKS} == {check for check, _ in FAULTS.values()}


def test_a_fault_in_a_copy_is_not_seen_by_the_next(local: Rehearsed) -> None:
    local.in_a_copy(FAULTS["port 22 is opened"][1])
    assert local.in_a_copy(lambda copy: copy.broken()) == {}


@pytest.mark.parametrize(("role", "broken"), [("workers", set[str]()), ("etcd", {"instance-rights"})])
def test_nodes_may_pull_from_repositories_and_members_not(local: Rehearsed, role: str, broken: set[str]) -> None:
    def allowed(copy: Copy) -> set[str]:
        put_images(copy, role, [f"arn:aws:ecr:{copy.region}:123456789012:repository/shop/*"])
        return set(copy.broken())

    assert local.in_a_copy(allowed) == broken
