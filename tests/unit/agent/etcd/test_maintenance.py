"""Maintenance of a member: room for the second copy, and what an operator's stop forbids."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.agent.etcd_answers import QUIET, asked, etcdctl
from support.agent.instance import FakeInstance, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError, RetryableError
from tripod.bootstrap.agent.etcd.config import CONFIG, OPERATOR_STOP
from tripod.bootstrap.agent.etcd.maintenance import configured_quota, defragment, disk_percent
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from tripod.bootstrap.agent.host.filesystem import MOUNT_POINT

STATUS = json.dumps([{"Status": {"header": {"member_id": 1}, "dbSize": 900, "dbSizeInUse": 400}}])


def member(folder: Path, compact: str | Exception = "{}") -> FakeInstance:
    made = member_instance(folder, **QUIET, **etcdctl(compact=compact, defrag="", endpoint_status=STATUS))
    made.machine.write(f"{MOUNT_POINT}/marker", "")
    return made


def room(monkeypatch: pytest.MonkeyPatch, used: int, free: int) -> None:
    usage = SimpleNamespace(used=used, free=free, total=used + free)

    def disk_usage(_: Path) -> SimpleNamespace:
        return usage

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)


def test_without_room_for_a_second_copy_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on = member(tmp_path)
    room(monkeypatch, 9601, 399)
    assert disk_percent(on.machine) == 97
    with pytest.raises(AgentError, match=r"399 bytes free.*writes 400.*data\.before-restore"):
        defragment(on.agent)
    assert not asked(on, "defrag")
    room(monkeypatch, 9600, 400)
    assert json.loads(defragment(on.agent)) == {"before": 900, "after": 900}


@pytest.mark.parametrize("compact", ["{}", failed("Error: etcdserver: mvcc: required revision has been compacted")])
def test_a_compaction_comes_first_and_may_be_done_already(
    compact: str | Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = member(tmp_path, compact)
    monkeypatch.setenv(ARGUMENTS, '{"compact": 50}')
    defragment(on.agent)
    assert [one.split()[0] for one in asked(on, "")] == ["compact", "endpoint", "defrag", "endpoint"]
    assert asked(on, "compact") == ["compact --physical 50"]


def test_an_operators_stop_forbids_it(tmp_path: Path) -> None:
    on = member(tmp_path)
    on.machine.write(OPERATOR_STOP, "")
    with pytest.raises(RetryableError, match="an operator has stopped etcd"):
        defragment(on.agent)


def test_the_quota_is_the_configured_one(tmp_path: Path) -> None:
    on = member(tmp_path)
    assert configured_quota(on.machine) == 0
    on.machine.write(CONFIG, '{"quota-backend-bytes": 7}')
    assert configured_quota(on.machine) == 7
