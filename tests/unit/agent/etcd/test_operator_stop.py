"""etcd stopped by an operator stays stopped, whoever would start it, until it is started again."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import BLANK, NOBODY, QUIET, etcdctl, status
from support.agent.instance import FakeInstance, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import member
from tripod.bootstrap.agent.etcd.config import OPERATOR_STOP, RESTORED, UNIT, UNIT_FILE, etcd_unit
from tripod.bootstrap.agent.etcd.operator_stop import LOCK, start_etcd, stop_etcd
from tripod.bootstrap.agent.host.lock import acquire


def configured(folder: Path) -> FakeInstance:
    on = member_instance(folder, **QUIET)
    on.machine.write(UNIT_FILE, etcd_unit())
    return on


def test_stopped_and_started_again_each_as_often_as_one_likes(tmp_path: Path) -> None:
    on = configured(tmp_path)
    for _ in range(2):
        assert json.loads(stop_etcd(on.agent)) == {"stopped": True}
        assert on.machine.path(OPERATOR_STOP).exists()
    assert on.machine.ran("systemctl stop") == [f"systemctl stop {UNIT}"] * 2
    for _ in range(2):
        assert json.loads(start_etcd(on.agent)) == {"started": True}
        assert not on.machine.path(OPERATOR_STOP).exists()
    assert on.machine.commands[-2:] == [f"systemctl enable {UNIT}", f"systemctl start --no-block {UNIT}"]


def test_systemd_does_not_start_what_an_operator_stopped() -> None:
    assert f"ConditionPathExists=!{OPERATOR_STOP}\n" in etcd_unit()


def test_a_boot_does_not_start_it_between_the_hold_and_the_stop(tmp_path: Path) -> None:
    on = configured(tmp_path)

    def stop(*_: str) -> str:
        assert on.machine.path(OPERATOR_STOP).exists()
        return ""

    on.machine.replies[f"systemctl stop {UNIT}"] = stop
    stop_etcd(on.agent)
    assert on.machine.ran("systemctl stop")


def test_etcd_that_does_not_end_is_an_error_and_stays_held(tmp_path: Path) -> None:
    on = configured(tmp_path)
    on.machine.replies[f"systemctl stop {UNIT}"] = failed("Job for etcd.service canceled.")
    with pytest.raises(AgentError, match="canceled"):
        stop_etcd(on.agent)
    assert on.machine.path(OPERATOR_STOP).exists()


def test_a_member_that_was_never_configured_is_stopped_too_and_left_to_its_boot(tmp_path: Path) -> None:
    on = member_instance(tmp_path)
    assert json.loads(stop_etcd(on.agent)) == {"stopped": True}
    answer = json.loads(start_etcd(on.agent))
    assert answer["started"] is False
    assert "its boot goes on" in answer["reason"]
    assert on.machine.commands == []
    assert not on.machine.path(OPERATOR_STOP).exists()


def test_what_was_restored_is_etcds_own_data_once_it_is_started(tmp_path: Path) -> None:
    on = configured(tmp_path)
    on.machine.write(OPERATOR_STOP, "")
    on.machine.write(RESTORED, "{}")

    def start(*_: str) -> str:
        assert on.machine.read(RESTORED) is None
        return ""

    on.machine.replies[f"systemctl start --no-block {UNIT}"] = start
    start_etcd(on.agent)
    assert on.machine.ran("systemctl start")


@pytest.mark.parametrize("command", [stop_etcd, start_etcd])
def test_a_command_waits_for_a_boot_that_changes_the_member(tmp_path: Path, command: Any) -> None:
    on = configured(tmp_path)
    with (
        acquire(on.machine, LOCK, AssertionError()),
        pytest.raises(AgentError, match="another command of the agent is at work on this member; gave up after 600 s"),
    ):
        command(on.agent)
    assert command(on.agent)


def test_a_boot_waits_while_etcd_is_stopped_and_changes_nothing(account: None, attached: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path, **QUIET, **BLANK, resize2fs="", **etcdctl(member_list=NOBODY))
    on.machine.write(OPERATOR_STOP, "")
    with pytest.raises(AgentError, match=r"membership: an operator has stopped etcd here: `tripod restore` goes on"):
        member.decide_membership(on.agent)
    assert on.machine.commands == []
    start_etcd(on.agent)
    assert member.decide_membership(on.agent).startswith("forms")


def test_a_boot_that_comes_to_its_start_waits_too(tmp_path: Path) -> None:
    on = member_instance(tmp_path, **QUIET, **etcdctl(endpoint_status=status(0xA0)))
    on.machine.write(OPERATOR_STOP, "")
    with pytest.raises(AgentError, match="an operator has stopped etcd here"):
        member.start(on.agent)
    on.machine.path(OPERATOR_STOP).unlink()
    assert member.start(on.agent) == "a0 answers as a voting member"
