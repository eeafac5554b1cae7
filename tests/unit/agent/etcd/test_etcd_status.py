"""What a member says of itself to an operator, whatever state etcd is in."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import ALL, NOBODY, etcdctl, members
from support.agent.instance import Reply, failed, member_instance
from tripod.bootstrap.agent.etcd.status import status
from tripod.operations.etcd_health import assess, member_view
from tripod.operations.remote import RemoteError

SAID: dict[str, Any] = {
    "header": {"member_id": 0xA0, "revision": 70},
    "version": "3.6.14",
    "leader": 0xA1,
    "raftIndex": 12,
    "raftAppliedIndex": 11,
}


def endpoint_status(**more: Any) -> str:
    return json.dumps([{"Endpoint": "https://127.0.0.1:2379", "Status": {**SAID, **more}}])


def linearizable_alone(answer: Reply, other: Reply) -> Reply:
    """What etcdctl lists by agreement, and what it lists by the member's own knowledge."""

    def reply(*command: str) -> str:
        chosen = answer if command[-1] == "--consistency=l" else other
        if isinstance(chosen, Exception):
            raise chosen
        assert isinstance(chosen, str)
        return chosen

    return reply


def asked(folder: Path, member_list: Reply, said: Reply) -> dict[str, Any]:
    on = member_instance(folder, **etcdctl(member_list=member_list, endpoint_status=said))
    answer = json.loads(status(on.agent))
    assert all("https://127.0.0.1:2379" in line for line in on.machine.ran("etcdctl"))
    return answer


def test_a_healthy_member_says_what_operations_ask_for(tmp_path: Path) -> None:
    answer = asked(tmp_path, members(*ALL), endpoint_status())
    assert answer == {
        "healthy": True,
        "reason": "",
        "id": "a0",
        "leader": "a1",
        "learner": False,
        "raft_index": 11,
        "revision": 70,
        "version": "3.6.14",
        "members": ["a0", "a1", "a2"],
        "quorum": True,
        "alarms": [],
        "database": 0,
        "used": 0,
        "quota": 0,
        "disk_percent": 0,
    }
    others = [{**answer, "id": one} for one in ("a1", "a2")]
    views = [(str(one["id"]), member_view(one)) for one in (answer, *others)]
    health = assess(views)
    assert (dict(health.unhealthy), health.leader, health.cluster_reason) == ({}, "a1", "")


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"leader": 0, "errors": ["etcdserver: no leader"]}, "etcdserver: no leader"),
        ({}, "no majority of the members answered it"),
    ],
)
def test_a_member_without_a_majority_knows_itself_and_is_not_healthy(
    tmp_path: Path, more: dict[str, Any], reason: str
) -> None:
    listed = linearizable_alone(NOBODY, members(*ALL))
    answer = asked(tmp_path, listed, endpoint_status(**more))
    view = member_view(answer)
    assert (view.healthy, view.reason, view.members) == (False, reason, ("a0", "a1", "a2"))


def test_an_alarm_is_a_reason(tmp_path: Path) -> None:
    answer = asked(tmp_path, members(*ALL), endpoint_status(errors=["memberID:160 alarm:NOSPACE "]))
    assert answer["healthy"] is False
    assert "NOSPACE" in answer["reason"]
    assert (answer["alarms"], answer["quorum"]) == (["NOSPACE"], True)


def test_a_learner_serves_nobody_yet(tmp_path: Path) -> None:
    refused = failed("Error: etcdserver: rpc not supported for learner")
    view = member_view(asked(tmp_path, refused, endpoint_status(isLearner=True)))
    assert (view.learner, view.healthy, view.members) == (True, False, ())
    assert "learner" in view.reason


@pytest.mark.parametrize("why", ["connection refused", "etcdctl is not installed"])
def test_etcd_that_does_not_answer_is_an_answer_too(tmp_path: Path, why: str) -> None:
    answer = asked(tmp_path, failed(why, 127), failed(why, 127))
    assert answer["healthy"] is False
    with pytest.raises(RemoteError, match=f"its etcd does not answer: .*{why}"):
        member_view(answer)
