"""`tripod backup` and `tripod restore` on a rehearsed stack whose members are real: what is lost comes back."""

import hashlib
import json
import os
import random
import signal
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from support.controlplane.etcd_agent import id_of, keys, put, voters
from support.controlplane.stack_cluster import StackCluster, runbook
from support.controlplane.stack_members import StackMember
from tripod.bootstrap.agent.etcd.restore import BEFORE
from tripod.operations.backup.run import snapshots
from tripod.operations.restore.plan import BUMP_REVISION
from tripod.storage.layout import LATEST_SNAPSHOT

KILLS = 6


def test_all_of_etcd_comes_back_from_a_backup(cluster: StackCluster, measured: Callable[[str], None]) -> None:
    first, second, third = cluster.members
    put(first, "before")
    put(first, "removed later")
    backup = cluster.answer("backup")
    code, listed = cluster.tripod("backups")
    assert (code, backup["key"].rpartition("/")[2] in listed) == (0, True)
    first.etcdctl("del", "removed later")
    put(first, "after")
    last, old = revision(first), identity(first)
    code, refused = cluster.tripod("restore", "--yes")
    assert code == 2
    assert "would be lost" in refused
    # Two members fail, and the volume of one of them with it: no majority is left.
    second.etcd.kill()
    third.wipe()
    cluster.agents.ran.clear()
    begun = time.monotonic()
    restored = cluster.answer("restore", "--snapshot", backup["key"])
    measured(f"etcd: whole restore of three members {time.monotonic() - begun:.1f} s")
    assert restored["revision"] >= BUMP_REVISION + backup["revision"] > last
    order = [name for name in cluster.agents.order() if name not in ("status", "phases")]
    assert order == ["stop-api-server", "stop-etcd", "restore", "start-etcd", "start-api-server"]
    everything_is_as_it_was(cluster, backup["revision"], last)
    assert identity(first) != old, "it is another cluster, by its new token"
    assert any(first.host.path(f"{BEFORE}/member/wal").glob("*.wal")), "the old data are kept"
    the_new_cluster_heals_itself(cluster)


def everything_is_as_it_was(cluster: StackCluster, then: int, last: int) -> None:
    first = cluster.members[0]
    found = first.etcdctl("get", "", "--from-key", "--keys-only")["kvs"]
    assert [one["key"] for one in found] == [text("before"), text("removed later")]
    assert [identity(member) for member in cluster.members] == [identity(first)] * 3
    assert voters(first) == ["0-0", "1-0", "2-0"]
    put(first, "new")
    assert revision(first) > last + BUMP_REVISION // 2
    # Who watched from an earlier revision must begin anew, rather than miss what is gone.
    old = first.instance.run(*first.etcdctl_command("get", "before", f"--rev={then}"), check=False)
    assert "required revision has been compacted" in old.stderr


def the_new_cluster_heals_itself(cluster: StackCluster) -> None:
    """The agents have the first token; that the cluster has another one since keeps nobody away."""
    first, _, third = cluster.members
    before = id_of(third)
    third.wipe()
    third.boot()
    assert voters(first) == ["0-0", "1-0", "2-0"]
    assert id_of(third) != before
    assert keys(third) == keys(first)


def test_a_restore_that_cannot_go_on_starts_nobody_and_is_begun_again(cluster: StackCluster) -> None:
    put(cluster.members[0], "kept")
    backup = cluster.answer("backup")
    a_broken_snapshot_is_found_before_anything_is_given_up(cluster, backup["key"])
    one_that_is_interrupted_is_begun_again(cluster, backup["key"])


def one_that_is_interrupted_is_begun_again(cluster: StackCluster, key: str) -> None:
    first, second, _ = cluster.members
    cluster.agents.broken = {("restore", second.id)}
    code, said = cluster.tripod("restore", "--force", "--yes", "--snapshot", key)
    assert code == 1
    assert "Nothing after it was begun" in said
    assert not any(member.etcd.running for member in cluster.members)
    # Neither a boot nor a restart of the instance starts it meanwhile.
    first.host.run("systemctl", "start", "--no-block", "etcd.service")
    assert not first.etcd.running
    with pytest.raises(Exception, match="an operator has stopped etcd here"):
        first.boot("membership", seconds=1)
    cluster.agents.broken = set()
    the_runbook_goes_back_to_what_was_there(cluster)
    cluster.answer("restore", "--force", "--snapshot", key)
    assert voters(first) == ["0-0", "1-0", "2-0"]
    assert keys(first) == 1


def the_runbook_goes_back_to_what_was_there(cluster: StackCluster) -> None:
    """The first member has been restored, the others not."""
    first = cluster.members[0]
    first.instance.run("sh", "-ec", runbook("# back to what was there before the restore"))
    for member in cluster.members:
        assert member.command("start-etcd").code == 0
    assert keys(first) == 1
    listed = first.instance.run("sh", "-ec", runbook("# on a member, as root")).stdout
    assert all(f"https://{member.address}:2379" in listed for member in cluster.members)


def a_broken_snapshot_is_found_before_anything_is_given_up(cluster: StackCluster, key: str) -> None:
    s3, location = cluster.copy.client("s3"), cluster.location()
    content = bytearray(s3.get_object(Bucket=location.bucket, Key=key)["Body"].read())
    content[len(content) // 2] ^= 0xFF
    broken = f"{location.prefix}broken.db"
    s3.put_object(Bucket=location.bucket, Key=broken, Body=bytes(content))
    code, said = cluster.tripod("restore", "--force", "--yes", "--snapshot", broken)
    assert code == 1
    assert "the member's data are as they were" in said
    for member in cluster.members:
        assert member.command("start-etcd").code == 0
    assert keys(cluster.members[0]) == 1


def test_the_leader_alone_keeps_snapshots_and_a_kill_leaves_none_that_is_not_whole(
    cluster: StackCluster, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    put(cluster.members[0], "kept")
    the_timers_snapshot_is_the_leaders(cluster, tmp_path)
    one_that_is_killed_leaves_nothing_that_is_taken_for_one(cluster, tmp_path, measured)


def the_timers_snapshot_is_the_leaders(cluster: StackCluster, tmp_path: Path) -> None:
    outcomes = [member.command("snapshot") for member in cluster.members]
    assert [one.code for one in outcomes] == [0, 0, 0]
    assert sum("the leader does it" in one.output for one in outcomes) == 2
    location, account = cluster.location(), cluster.account()
    (taken,) = snapshots(account, location)
    for key in (taken.key, LATEST_SNAPSHOT):
        assert whole(cluster, location.bucket, key, tmp_path) == revision(cluster.members[0])


def one_that_is_killed_leaves_nothing_that_is_taken_for_one(
    cluster: StackCluster, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    first = cluster.members[0]
    for number in range(12):
        value = random.Random(number).randbytes(500_000).hex()  # noqa: S311 - no secret
        first.instance.run(*first.etcdctl_command("put", f"large-{number}"), given=value)
    begun = time.monotonic()
    cluster.answer("backup")
    usual = time.monotonic() - begun
    moments, ended = random.Random(7), 0  # noqa: S311 - the same moments each time
    for _ in range(KILLS):
        ended += killed_after(moments.uniform(0, usual), lambda: first.command("snapshot", {"now": True}))
    measured(f"etcd: {ended} of {KILLS} snapshots killed before their end")
    assert ended
    location = cluster.location()
    for one in snapshots(cluster.account(), location):
        assert whole(cluster, location.bucket, one.key, tmp_path) > 0
    assert whole(cluster, location.bucket, LATEST_SNAPSHOT, tmp_path) > 0
    # The next one succeeds, and takes away what lies about on the instance.
    assert first.command("snapshot", {"now": True}).code == 0
    assert list(first.host.path("/var/lib/tripod/snapshots").iterdir()) == []


def killed_after(seconds: float, act: Callable[[], object]) -> bool:
    """Do something in another process, kill that, and say whether it was still at work."""
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def whole(cluster: StackCluster, bucket: str, key: str, folder: Path) -> int:
    """The revision of a snapshot in the bucket, which etcd's own tool finds whole."""
    file = folder / "found.db"
    stored = cluster.copy.client("s3").get_object(Bucket=bucket, Key=key)
    content = stored["Body"].read()
    assert stored["Metadata"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert stored["ServerSideEncryption"] == "aws:kms"
    file.write_bytes(content)
    said = cluster.members[0].instance.run("etcdutl", "snapshot", "status", str(file), "--write-out=json")
    return json.loads(said.stdout)["revision"]


def revision(member: StackMember) -> int:
    return member.etcdctl("get", "before")["header"]["revision"]


def identity(member: StackMember) -> int:
    return member.etcdctl("member", "list")["header"]["cluster_id"]


def text(key: str) -> str:
    return b64encode(key.encode()).decode()
