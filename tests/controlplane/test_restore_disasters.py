"""A restore in what goes wrong beside a lost majority: a key that has been retired, a zone that is away."""

import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.controlplane.etcd_agent import keys, put, voters
from support.controlplane.stack_cluster import StackCluster
from support.controlplane.stack_members import StackServer
from tripod.operations.backup.keys import record_of
from tripod.operations.backup.run import snapshots
from tripod.operations.restore.plan import BUMP_REVISION
from tripod.operations.rotate.plan import Add, Drop, MakeFirst
from tripod.operations.rotate.run import KeyStore
from tripod.operations.rotate.secret_value import changed_keys
from tripod.pki.secret_names import ClusterPaths, SecretName

WORD = b64encode(b"abracadabra").decode()


def test_a_member_whose_zone_is_away_is_left_out_and_comes_back_as_a_learner(cluster: StackCluster) -> None:
    first, _, third = cluster.members
    put(first, "kept")
    backup = cluster.answer("backup")
    put(first, "later")
    # Nobody reaches its instance, on which etcd goes on.
    cluster.agents.broken = {(command, third.id) for command in ("phases", "status", "stop-etcd", "restore")}
    code, said = cluster.tripod("restore", "--force", "--yes", "--snapshot", backup["key"])
    assert (code, "its agent does not answer" in said) == (2, True)
    restored = cluster.answer("restore", "--force", "--snapshot", backup["key"], "--without", third.name)
    assert restored["next"][0] == f"aws ec2 terminate-instances --instance-ids {third.id}"
    assert (voters(first), keys(first)) == (["0-0", "1-0"], 1)
    assert third.etcd.running, "it was reached by nobody"
    # Its zone is back, its instance is another one: it does not start with what it remembers.
    third.etcd.kill()
    with pytest.raises(Exception, match=f"the cluster has removed member {third.name}"):
        third.boot("membership", seconds=1)
    third.wipe()
    third.boot()
    assert (voters(first), keys(third)) == (["0-0", "1-0", "2-0"], 1)


def test_api_objects_and_secrets_come_back_although_their_key_is_retired(
    cluster: StackCluster, programs: Path, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    server = cluster.agents.server = StackServer(cluster.copy, tmp_path, programs)
    try:
        server.boot()
        kept = {"apiVersion": "v1", "metadata": {"name": "kept", "namespace": "default"}}
        server.api.create({**kept, "kind": "Secret", "data": {"word": WORD}})
        server.api.create({**kept, "kind": "ConfigMap", "data": {"word": "plain"}})
        backup = cluster.answer("backup")
        store = KeyStore(cluster.copy.client("secretsmanager"), encryption_secret(cluster))
        assert keys_of(cluster, backup["key"]) == ("key-1",)
        everything_is_lost_after_a_rotation(cluster, store)
        begun = time.monotonic()
        restored = cluster.answer("restore", "--snapshot", backup["key"])
        measured(f"etcd: restore of a snapshot with a retired key {time.monotonic() - begun:.1f} s")
        assert restored["revision"] >= BUMP_REVISION + backup["revision"]
        found = server.api.find("secret", "kept", "default")
        assert found is not None
        assert found["data"] == {"word": WORD}
        assert server.api.find("configmap", "kept", "default") is not None
        after = store.read()
        assert (after.keys, [key.name for key in after.retired]) == (("key-2",), ["key-1"])
        stored = cluster.members[0].etcdctl("get", "--prefix", "/registry/secrets/")["kvs"]
        assert all(b64decode(one["value"]).startswith(b"k8s:enc:secretbox:v1:key-2:") for one in stored)
        newest = snapshots(cluster.account(), cluster.location())[0]
        assert keys_of(cluster, newest.key) == ("key-2",)
    finally:
        server.host.instance.terminate()


def keys_of(cluster: StackCluster, key: str) -> tuple[str, ...] | None:
    record = record_of(cluster.copy.client("s3"), cluster.location().bucket, key)
    return record.names if record else None


def everything_is_lost_after_a_rotation(cluster: StackCluster, store: KeyStore) -> None:
    """Lose two members, one with its volume; the snapshot's key is retired, as a rotation leaves it."""
    secret = store.read()
    value = secret.value
    for move in (Add("key-2"), MakeFirst("key-2"), Drop(("key-1",))):
        value = changed_keys(value, move, datetime.now(UTC))
    store.write(secret, value)
    _, second, third = cluster.members
    second.etcd.kill()
    third.wipe()


def encryption_secret(cluster: StackCluster) -> str:
    return ClusterPaths(cluster.copy.cluster, cluster.account().incarnation).secret(SecretName.ENCRYPTION)
