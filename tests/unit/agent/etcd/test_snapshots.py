import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_answers import NOBODY, etcdctl, status
from support.agent.instance import SNAPSHOT_BUCKET, FakeInstance, Reply, aws, failed, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd.snapshots import LOCK, WORK, SavedSnapshot, snapshot
from tripod.bootstrap.agent.host.command_io import ARGUMENTS
from tripod.bootstrap.agent.host.lock import acquire
from tripod.operations.backup.keys import SnapshotKeys, record_of
from tripod.storage.layout import LATEST_SNAPSHOT, SNAPSHOT_PREFIX

NOW = datetime(2026, 7, 14, 9, 5, 7, tzinfo=UTC)
KEY = "etcd/snapshots/2026-07-14T09-05-07Z-4711.db"
CONTENT = b"keys and values" * 1000
SAID = json.dumps({"hash": 1, "revision": 4711, "totalKey": 42, "totalSize": 20480, "version": "3.6.0"})
LEADER = status(0xA1)


def saving(content: bytes = CONTENT) -> Reply:
    def save(*command: str) -> str:
        Path(command[-1]).write_bytes(content)
        return "Snapshot saved"

    return save


def stored_values(*names: str, page: int = 3) -> Reply:
    """Secrets in etcd, each encrypted with a key; plain where it has no name."""
    words = [f"k8s:enc:secretbox:v1:{name}:..." if name else "k8s..." for name in names]
    text = [(f"/registry/secrets/ns/{number:02}", word) for number, word in enumerate(words)]

    def get(*command: str) -> str:
        words = " ".join(command).partition(" get ")[2].split()
        assert words[1:] == ["/registry/secrets0", "--limit=20", "--rev=4711"]
        rest = [one for one in text if one[0] >= words[0]]
        entries = [{"key": b64encode(k.encode()).decode(), "value": b64encode(v.encode()).decode()} for k, v in rest]
        found: dict[str, Any] = {"header": {}, "count": len(rest)}
        if rest:
            found["kvs"] = entries[:page]
        return json.dumps({**found, "more": True} if len(rest) > page else found)

    return get


def leading(folder: Path, etcdutl: Reply = SAID, **replies: Reply) -> FakeInstance:
    """An agent of the leader. The answers of etcdctl and etcdutl can be changed."""
    known: dict[str, Reply] = {"endpoint_status": LEADER, "snapshot_save": saving(), "get": stored_values(), **replies}
    on = member_instance(folder, etcdutl=etcdutl, **etcdctl(**known))
    object.__setattr__(on.agent, "now", lambda: NOW)
    return on


def stored() -> dict[str, bytes]:
    listed = aws("s3").list_objects_v2(Bucket=SNAPSHOT_BUCKET).get("Contents", [])
    return {one["Key"]: aws("s3").get_object(Bucket=SNAPSHOT_BUCKET, Key=one["Key"])["Body"].read() for one in listed}


def left(on: FakeInstance) -> list[Path]:
    return list(on.machine.path(WORK).iterdir())


def test_the_leader_stores_a_snapshot_and_a_copy_that_does_not_expire(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path)
    assert json.loads(snapshot(on.agent)) == {
        "bucket": SNAPSHOT_BUCKET,
        "key": KEY,
        "revision": 4711,
        "keys": 42,
        "bytes": len(CONTENT),
    }
    assert stored() == {KEY: CONTENT, LATEST_SNAPSHOT: CONTENT}
    assert KEY.startswith(SNAPSHOT_PREFIX)
    described = aws("s3").head_object(Bucket=SNAPSHOT_BUCKET, Key=KEY)["Metadata"]
    assert described == {
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "revision": "4711",
        "taken": "2026-07-14T09:05:07Z",
        "encryption-keys": "[]",
    }
    assert left(on) == []


@pytest.mark.parametrize(
    ("stored_with", "names"),
    [
        ((), ()),
        (("key-1",), ("key-1",)),
        (("key-1", "key-1", "key-1", "key-1", "key-2"), ("key-1", "key-2")),
        (("", "own", "own", "own", "own", "own", "own"), ("own",)),
    ],
)
def test_a_snapshot_records_the_names_of_its_encryption_keys(
    account: None, tmp_path: Path, stored_with: tuple[str, ...], names: tuple[str, ...]
) -> None:
    """Both sides: what the agent writes is what `tripod restore` reads."""
    snapshot(leading(tmp_path, get=stored_values(*stored_with)).agent)
    for key in (KEY, LATEST_SNAPSHOT):
        assert record_of(aws("s3"), SNAPSHOT_BUCKET, key) == SnapshotKeys(NOW, names)
    assert record_of(aws("s3"), SNAPSHOT_BUCKET, "etcd/snapshots/none") is None


def test_a_snapshot_is_read_back_each_time_it_is_stored(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path)
    snapshot(on.agent)
    assert on.cloud.calls == ["upload_file", "get_object"] * 2


def test_a_large_snapshot_is_stored_in_parts(account: None, tmp_path: Path) -> None:
    large = bytes(20 << 20)
    on = leading(tmp_path, snapshot_save=saving(large))
    snapshot(on.agent)
    assert "-" in aws("s3").head_object(Bucket=SNAPSHOT_BUCKET, Key=KEY)["ETag"], "it was uploaded in one part"
    assert {len(content) for content in stored().values()} == {len(large)}


def test_the_others_do_nothing(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path, endpoint_status=status(0xA0))
    assert json.loads(snapshot(on.agent)) == {"key": None, "reason": "the leader does it"}
    assert on.cloud.calls == []
    assert not on.machine.ran("etcdutl")


def test_an_operator_has_any_member_do_it(account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ARGUMENTS, '{"now": true}')
    assert json.loads(snapshot(leading(tmp_path, endpoint_status=status(0xA0)).agent))["key"] == KEY


def test_two_at_the_same_time_take_turns_and_leave_each_others_files(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path)
    on.machine.write(f"{WORK}/others.db", "another's")
    with (
        acquire(on.machine, LOCK, AssertionError()),
        pytest.raises(AgentError, match="another snapshot is being taken on this member; gave up"),
    ):
        snapshot(on.agent)
    assert on.machine.read(f"{WORK}/others.db") == "another's"
    snapshot(on.agent)
    assert left(on) == []


def test_without_a_leader_every_member_fails(account: None, tmp_path: Path) -> None:
    said = json.dumps([{"Status": {"header": {"member_id": 1}}}])
    with pytest.raises(AgentError, match="etcd has no leader"):
        snapshot(leading(tmp_path, endpoint_status=said).agent)


def test_what_is_left_of_a_call_that_was_stopped_is_removed(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path)
    on.machine.write(f"{WORK}/left.db.part", "left")
    snapshot(on.agent)
    assert left(on) == []


def test_snapshots_hold_secrets_and_are_roots_alone(account: None, tmp_path: Path) -> None:
    on = leading(tmp_path)
    snapshot(on.agent)
    assert on.machine.path(WORK).stat().st_mode & 0o777 == 0o700


FAILURES: dict[str, tuple[dict[str, Reply], str]] = {
    "etcd does not answer": ({"endpoint_status": NOBODY}, "etcd: .*context deadline exceeded"),
    "its revision is compacted": ({"get": failed("Error: revision has been compacted")}, "snapshot: .*compacted"),
    "it does not arrive whole": ({"snapshot_save": failed("Error: unexpected EOF")}, "snapshot: .*unexpected EOF"),
    "its pages are broken": (
        {"etcdutl": failed("Error: snapshot file integrity check failed. 2 errors found.")},
        "snapshot: .*integrity check failed",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_snapshot_that_cannot_be_taken_is_tried_again_and_then_said(account: None, tmp_path: Path, case: str) -> None:
    replies, message = FAILURES[case]
    on = leading(tmp_path, **replies)
    with pytest.raises(AgentError, match=f"{message}.*gave up after 600 s"):
        snapshot(on.agent)
    assert stored() == {}
    assert not on.machine.path(WORK).exists() or left(on) == []


@pytest.mark.parametrize("operation", ["upload_file", "get_object"])
def test_aws_that_fails_is_asked_again_and_then_one_message(account: None, tmp_path: Path, operation: str) -> None:
    on = leading(tmp_path)
    on.cloud.faults[operation] = ["SlowDown", "InternalError", "AccessDenied", "RequestTimeout"]
    snapshot(on.agent)
    assert set(stored()) == {KEY, LATEST_SNAPSHOT}
    on.cloud.faults[operation] = ["AccessDenied"] * 1000
    with pytest.raises(AgentError, match=r"AccessDenied.*gave up after 600 s"):
        snapshot(on.agent)
    assert left(on) == []


def test_what_is_read_back_otherwise_is_stored_again_and_then_said(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = leading(tmp_path)
    fetch: Any = on.cloud.fetch
    wrong = [b"something else", b"something else"]

    def fetched(bucket: str, key: str, take: Any) -> Any:
        return take([wrong.pop()]) if wrong else fetch(bucket, key, take)

    monkeypatch.setattr(on.cloud, "fetch", fetched)
    snapshot(on.agent)
    assert on.cloud.calls.count("upload_file") == 4
    wrong.extend([b"something else"] * 1000)
    with pytest.raises(AgentError, match=rf"s3://{SNAPSHOT_BUCKET}/{KEY}: it was read back with the sha256"):
        snapshot(on.agent)


def test_snapshots_sort_by_time() -> None:
    earlier = SavedSnapshot("p", "s", 10, 1, datetime(2026, 7, 14, 9, 5, 7, tzinfo=UTC), ())
    later = SavedSnapshot("p", "s", 9, 1, datetime(2026, 7, 14, 10, 0, 0, tzinfo=UTC), ())
    assert earlier.name < later.name
