"""A member's data made anew from a snapshot, with etcdutl stood in for; the control-plane tests run the real one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import BLANK, FORMATTED, QUIET
from support.agent.etcd_member import ANSWER, KEY, WANTED, etcdutl
from support.agent.instance import MEMBERS, SNAPSHOT_BUCKET, FakeHost, FakeInstance, Reply, aws, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd.config import CONFIG, OPERATOR_STOP, RESTORED, UNIT_FILE
from tripod.bootstrap.agent.etcd.operator_stop import start_etcd
from tripod.bootstrap.agent.etcd.restore import BEFORE, restore
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from tripod.bootstrap.agent.host.filesystem import DATA, MARKER, Owner

OWNER = Owner("0a1b2c3d", "0-0")
LOG = f"{DATA}/member/wal/0.wal"


Held = Callable[..., FakeInstance]


@pytest.fixture
def held(account: None, attached: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    """A member that an operator has stopped, with its data."""

    def made(data: str = "original", **replies: Reply) -> FakeInstance:
        known: dict[str, Reply] = {**QUIET, **FORMATTED, "resize2fs": "", "etcdutl": etcdutl, **replies}
        on = member_instance(tmp_path, **known)
        on.machine.write(OPERATOR_STOP, "")
        if data:
            on.machine.write(MARKER, OWNER.marker())
            on.machine.write(LOG, data)
        return on

    aws("s3").put_object(Bucket=SNAPSHOT_BUCKET, Key=KEY, Body=b"snapshot")
    monkeypatch.setenv(ARGUMENTS, json.dumps(WANTED))
    return made


def restored(on: FakeInstance) -> dict[str, Any]:
    return json.loads(restore(on.agent))


def with_token(monkeypatch: pytest.MonkeyPatch, token: str) -> str:
    monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, "token": token}))
    return f"snapshot under {token}"


def test_the_snapshots_data_take_the_place_of_those_that_stay_beside(held: Held) -> None:
    on = held()
    assert restored(on) == ANSWER
    assert on.machine.read(LOG) == f"snapshot under {WANTED['token']}"
    assert on.machine.read(f"{BEFORE}/member/wal/0.wal") == "original"
    (made,) = on.machine.ran("etcdutl snapshot restore")
    peers = ",".join(f"{name}=https://{address}:2380" for name, address in MEMBERS.items())
    for option in (
        "--name=0-0",
        f"--initial-cluster={peers}",
        f"--initial-cluster-token={WANTED['token']}",
        "--initial-advertise-peer-urls=https://10.0.192.16:2380",
        "--bump-revision=1000000000",
        "--mark-compacted",
    ):
        assert option in made.split()
    assert not on.machine.path("/var/lib/tripod/restore").exists(), "it holds secrets"


def test_a_member_that_is_left_out_is_no_member_of_the_new_cluster(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(MEMBERS)
    monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, "members": names[:2]}))
    on = held()
    assert restored(on) == restored(on) == ANSWER
    (made,) = on.machine.ran("etcdutl snapshot restore")
    peers = ",".join(f"{name}=https://{MEMBERS[name]}:2380" for name in names[:2])
    assert f"--initial-cluster={peers}" in made.split()
    for members, said in ((names[1:], "this is member 0-0"), (["0-0", "7-0"], "7-0 is no member")):
        monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, "token": said, "members": members}))
        with pytest.raises(AgentError, match=said):
            restored(on)
    monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, "members": "0-0"}))
    with pytest.raises(AgentError, match="members is '0-0', which is no list of names"):
        restored(on)


def test_done_again_it_answers_the_same_and_does_nothing(held: Held) -> None:
    on = held()
    restored(on)
    assert restored(on) == ANSWER
    assert len(on.machine.ran("etcdutl snapshot restore")) == 1


def test_a_second_restore_keeps_what_was_there_before_the_first(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    on = held()
    restored(on)
    text = with_token(monkeypatch, "second")
    assert restored(on) == ANSWER
    assert on.machine.read(LOG) == text
    assert on.machine.read(f"{BEFORE}/member/wal/0.wal") == "original"


def test_what_etcd_has_run_with_is_kept_by_the_next_restore(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    on = held()
    restored(on)
    start_etcd(on.agent)
    on.machine.write(OPERATOR_STOP, "")
    with_token(monkeypatch, "second")
    restored(on)
    assert on.machine.read(f"{BEFORE}/member/wal/0.wal") == f"snapshot under {WANTED['token']}"


def test_a_member_that_lost_its_volume_is_restored_like_the_others(held: Held) -> None:
    on = held("", **BLANK)
    assert restored(on) == ANSWER
    assert on.machine.ran("mkfs.ext4")
    assert on.machine.read(MARKER) == OWNER.marker()
    assert json.loads(on.machine.read(CONFIG) or "")["initial-cluster-state"] == "existing"
    assert on.machine.read(UNIT_FILE)
    assert not on.machine.path(BEFORE).exists()


class KilledError(BaseException):
    """The process ended here."""


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the agent end at its so-and-so-many-th change of the instance."""
    count = [0]

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def done(*arguments: Any, **more: Any) -> Any:
            count[0] += 1
            if count[0] == step:
                raise KilledError
            return act(*arguments, **more)

        return done

    for owner, name in ((FakeHost, "run"), (FakeHost, "write"), (Path, "rename"), (shutil, "rmtree")):
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))


@pytest.mark.parametrize("token", ["demo-0a1b2c3d-restored-1", "another"])
@pytest.mark.parametrize("step", range(1, 30))
def test_killed_anywhere_and_begun_again_it_comes_to_its_end_and_loses_nothing(
    held: Held, monkeypatch: pytest.MonkeyPatch, step: int, token: str
) -> None:
    on = held()
    with monkeypatch.context() as patch:
        killed_at(step, patch)
        try:
            restored(on)
        except KilledError:
            stopped = True
        else:
            stopped = False
    text = with_token(monkeypatch, token)
    assert restored(on) == ANSWER
    assert on.machine.read(LOG) == text
    assert on.machine.read(f"{BEFORE}/member/wal/0.wal") == "original"
    assert stopped or step > 15, "the steps are counted wrongly"


def test_nothing_is_done_while_etcd_may_run(held: Held) -> None:
    on = held()
    on.machine.path(OPERATOR_STOP).unlink()
    with pytest.raises(AgentError, match="etcd is not stopped on this instance: `stop-etcd` comes first"):
        restored(on)
    assert on.machine.commands == []


FAILURES: dict[str, tuple[dict[str, Reply], dict[str, Any], str]] = {
    "there is no such snapshot": (
        {},
        {"key": "etcd/snapshots/other.db"},
        r"other\.db does not exist: `tripod backups`",
    ),
    "it is broken": (
        {"etcdutl snapshot restore": failed("Error: expected sha256 [1], got [2]")},
        {},
        r"cannot be restored: Error: expected sha256 \[1\], got \[2\]; the member's data are as they were",
    ),
    "the volume is full": (
        {"etcdutl snapshot restore": failed("write /var/lib/etcd/data.restoring: no space left on device")},
        {},
        "no space left on device; the member's data are as they were",
    ),
    "the volume is another's": ({"blkid": "TYPE=xfs\nUUID=1\n"}, {}, "the volume holds xfs"),
    "an argument is missing": ({}, {"token": None}, "token is None, which is no str"),
    "an argument is empty": ({}, {"bucket": ""}, "bucket is empty"),
    "an argument is of another kind": ({}, {"bump_revision": True}, "bump_revision is True, which is no int"),
    "an argument is unknown": ({}, {"what": 1}, "what is unknown"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_cannot_be_restored_is_one_message_and_changes_nothing(
    held: Held, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    replies, given, message = FAILURES[case]
    on = held(**replies)
    monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, **given}))
    with pytest.raises(AgentError, match=message):
        restored(on)
    assert on.machine.read(LOG) == "original"
    assert on.machine.read(RESTORED) is None
    assert not on.machine.path(BEFORE).exists()


def test_aws_that_fails_at_first_is_asked_again_and_then_said(held: Held) -> None:
    on = held()
    on.cloud.faults["get_object"] = ["SlowDown", "AccessDenied"]
    assert restored(on) == ANSWER
    on = held()
    on.machine.path(RESTORED).unlink()
    on.cloud.faults["get_object"] = ["AccessDenied"] * 1000
    with pytest.raises(AgentError, match=r"AccessDenied.*gave up after 600 s"):
        restored(on)
