"""The phases start, vote and initialised."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import CLIENTS, NOBODY, PARAMETER, QUIET, asked, etcdctl, status
from support.agent.instance import aws, emulated_inventory, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.config import UNIT
from tripod.core.naming import INCARNATION_TAG, ROLE_TAG, owned_tags
from tripod.operations.delete.parameters import records_of_quorum


def test_etcd_is_started_and_waited_for(tmp_path: Path) -> None:
    left = [failed("Error: context deadline exceeded")] * 3

    def answer(*_: str) -> str:
        if left:
            raise left.pop()
        return status(0xA0)

    on = member_instance(tmp_path, **QUIET, **etcdctl(endpoint_status=answer))
    assert member.start(on.agent) == "a0 answers as a voting member"
    assert on.machine.ran("systemctl") == [
        "systemctl daemon-reload",
        f"systemctl enable {UNIT}",
        f"systemctl start --no-block {UNIT}",
    ]
    assert on.clock.time > 0


def test_etcd_that_does_not_answer_says_where_to_look(tmp_path: Path) -> None:
    on = member_instance(tmp_path, **QUIET, **etcdctl(endpoint_status=NOBODY))
    with pytest.raises(AgentError, match=r"journalctl -u etcd\.service.*context deadline exceeded; gave up"):
        member.start(on.agent)


def test_a_learner_is_promoted_by_the_others_when_it_is_in_sync(account: None, tmp_path: Path) -> None:
    behind = [failed("Error: etcdserver: can only promote a learner member which is in sync with leader")] * 2
    learner = [True]

    def promote(*command: str) -> str:
        assert command[1] == f"--endpoints={CLIENTS['1-0']},{CLIENTS['2-0']}"
        if behind:
            raise behind.pop()
        learner[0] = False
        return "{}"

    def own(*command: str) -> str:
        assert command[1] == f"--endpoints={CLIENTS['0-0']}"
        return status(0xB0, learner=learner[0])

    on = member_instance(tmp_path, **etcdctl(member_promote=promote, endpoint_status=own))
    assert member.promote(on.agent) == "b0 has a vote"
    assert asked(on, "member promote") == ["member promote b0"] * 3
    assert any("in sync with leader; trying again" in line for line in on.lines)
    assert member.promote(on.agent) == "b0 has a vote"
    assert len(asked(on, "member promote")) == 3


def test_a_learner_that_never_is_in_sync_is_one_message(account: None, tmp_path: Path) -> None:
    behind = failed("Error: etcdserver: can only promote a learner member which is in sync with leader")
    on = member_instance(tmp_path, **etcdctl(member_promote=behind, endpoint_status=status(0xB0, learner=True)))
    with pytest.raises(AgentError, match=r"promotion: .*in sync with leader; gave up after 600 s"):
        member.promote(on.agent)


# The note that there was a majority


def noted() -> dict[str, Any]:
    return json.loads(aws("ssm").get_parameter(Name=PARAMETER)["Parameter"]["Value"])


def test_the_first_majority_is_written_down_once(account: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path, **etcdctl(endpoint_health="[]"))
    object.__setattr__(on.agent, "now", lambda: datetime(2026, 7, 14, 9, 5, 7, tzinfo=UTC))
    assert member.mark_initialised(on.agent).startswith("healthy; wrote down")
    assert noted() == {"incarnation": "0a1b2c3d", "time": "2026-07-14T09:05:07Z"}
    tags = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=PARAMETER)["TagList"]
    roles = {INCARNATION_TAG: "0a1b2c3d", ROLE_TAG: "etcd"}
    assert {one["Key"]: one["Value"] for one in tags} == owned_tags("demo", {}, **roles)
    # A deletion lists it, and leaves it with the volumes.
    assert records_of_quorum(emulated_inventory("demo")) == [PARAMETER]
    object.__setattr__(on.agent, "now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    assert member.mark_initialised(on.agent) == "healthy; the cluster was initialised before"
    assert noted()["time"] == "2026-07-14T09:05:07Z"


def test_the_note_of_another_member_stays(account: None, tmp_path: Path) -> None:
    """Both found none, and the other was faster."""
    aws("ssm").put_parameter(Name=PARAMETER, Value='"first"', Type="String")
    on = member_instance(tmp_path, **etcdctl(endpoint_health="[]"))
    on.cloud.faults["get_parameter"] = ["ParameterNotFound"]
    assert "another member has written down" in member.mark_initialised(on.agent)
    assert noted() == "first"


def test_nothing_is_written_down_without_a_majority(account: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path, **etcdctl(endpoint_health=failed("unhealthy")))
    with pytest.raises(AgentError, match="health: the member does not reach a majority; gave up"):
        member.mark_initialised(on.agent)
    assert on.cloud.calls == []
