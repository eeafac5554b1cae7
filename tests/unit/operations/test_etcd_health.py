"""Health of etcd, by its members' answers."""

from typing import Any

import pytest

from support.operations.fleets import view
from tripod.operations.etcd_health import EtcdHealth, MemberView, assess, member_view
from tripod.operations.remote import RemoteError


def health(**views: MemberView | str) -> EtcdHealth:
    return assess([*views.items()])


def test_members_that_are_well_are_well() -> None:
    assert health(m0=view("a"), m1=view("b"), m2=view("c", raft_index=103)) == EtcdHealth({}, "m0", "")


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (view("c", healthy=False, reason="deadline exceeded"), "deadline exceeded"),
        (view("c", healthy=False), "it is not healthy"),
        (view("c", learner=True), "it is a learner still"),
        (view("c", leader=""), "it knows no leader"),
        (view("c", raft_index=99), "it is behind: raft index 99, another had 100 before"),
        ("i-1 does not answer SSM", "i-1 does not answer SSM"),
    ],
)
def test_a_member_that_is_not_well_is_told_why(last: MemberView | str, said: str) -> None:
    assert health(m0=view("a"), m1=view("b"), m2=last).unhealthy == {"m2": said}


def test_a_silent_member_does_not_hide_who_leads() -> None:
    assert health(m0=view("a"), m1=view("b"), m2="gone").leader == "m0"
    assert health(m0=view("a"), m1=view("b"), m2=view("c", healthy=False, leader="")).leader == "m0"


def test_members_that_follow_two_leaders_have_none() -> None:
    assert health(m0=view("a"), m1=view("b", leader="b"), m2=view("c")).leader == ""


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (view("c", members=["a", "b"]), "the members list different members"),
        (view("d", members=["a", "b", "c"]), "members that the topology does not have: c"),
    ],
)
def test_members_that_are_not_one_cluster_are_told(last: MemberView, said: str) -> None:
    assert said in health(m0=view("a"), m1=view("b"), m2=last).cluster_reason


@pytest.mark.parametrize(
    ("answer", "said"),
    [({"healthy": False, "reason": "connection refused"}, "connection refused"), ({"id": "a"}, "not understood")],
)
def test_a_member_whose_etcd_does_not_answer_says_so(answer: dict[str, Any], said: str) -> None:
    with pytest.raises(RemoteError, match=said):
        member_view(answer)
