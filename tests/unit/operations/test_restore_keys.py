"""Encryption keys of a restore: those that are needed come back, and retire again, wherever it is interrupted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from support.operations.rotating_cluster import FakeCluster, secret_of
from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.operations.backup.keys import RetiredKey, SnapshotKeys, SnapshotRecords
from tripod.operations.backup.run import SnapshotLocation, StoredSnapshot
from tripod.operations.inventory import ClusterInventory
from tripod.operations.restore.keys import RestoreKeys, bring_back, lost_key_refusals, restore_keys
from tripod.operations.rotate.run import KeyStore, SecretValue

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ((), ((), (), (), ())),
        (("key-3",), (("key-3",), (), (), ())),
        (("key-1",), (("key-1",), ("key-1",), ("key-1",), ())),
        (("key-1", "key-2"), (("key-1", "key-2"),) * 3 + ((),)),
        (("key-9", "key-2"), (("key-9", "key-2"), ("key-2",), ("key-2",), ("key-9",))),
        # Of an earlier release: key-1 was retired before it was taken.
        (None, (("key-2",), ("key-2",), ("key-2",), ())),
    ],
)
def test_the_keys_of_a_snapshot_against_those_of_the_secret(names: tuple[str, ...] | None, found: Any) -> None:
    value: dict[str, Any] = secret_of("key-3")
    dates = {"key-1": "2026-11-01T00:00:00Z", "key-2": "2026-11-19T00:00:00Z"}
    value["retired"] = [{**secret_of(name)["keys"][0], "retired": date} for name, date in dates.items()]
    record = SnapshotKeys(datetime(2026, 11, 10, tzinfo=UTC), names)
    keys = restore_keys(record, SecretValue(value, "v1"))
    assert (keys.needed, keys.back, keys.to_drop, keys.lost) == found
    assert len(list(lost_key_refusals(keys, "etcd/1", "prod/encryption"))) == bool(keys.lost)


def test_no_snapshot_needs_no_key() -> None:
    assert restore_keys(None, SecretValue(secret_of("key-1"), "v1")) == RestoreKeys((), ("key-1",), ())


def rotated_twice() -> FakeCluster:
    cluster = FakeCluster(secret_of("key-1"))
    for _ in range(2):
        cluster.rotate()
    assert (key_names(cluster.value), cluster.retired()) == (("key-3",), ["key-1", "key-2"])
    return cluster


def restore(cluster: FakeCluster) -> tuple[str, ...]:
    """What `tripod restore` does, in its order, with a snapshot that two retired keys encrypt."""
    store = KeyStore(cluster, "prod/1/encryption")
    secret = store.read()
    keys = restore_keys(SnapshotKeys(NOW, ("key-1", "key-2")), secret)
    assert (keys.lost, keys.to_drop) == ((), ("key-1", "key-2"))
    bring_back(store, secret, keys, lambda _: None)
    # API servers are stopped, the data are the snapshot's, API servers start with the keys in the secret.
    cluster.loaded = dict.fromkeys(cluster.servers(), cluster.value)
    cluster.stored = ["key-1", "key-1", "key-2"]
    assert cluster.readable()
    return cluster.rotate()


@pytest.mark.parametrize(("changes", "stop_backup"), [(0, False), (1, True), (1, False)])
@pytest.mark.parametrize("again", [restore, FakeCluster.rotate])
def test_wherever_a_restore_is_interrupted_it_reaches_the_end(changes: int, stop_backup: bool, again: Any) -> None:
    """Run again, or, where etcd is restored, by `tripod rotate`."""
    cluster = rotated_twice()
    cluster.stop_after, cluster.stop_backup = changes, stop_backup
    with pytest.raises(KeyboardInterrupt):
        restore(cluster)
    cluster.stop_after, cluster.stop_backup = 99, False
    if again is restore or changes:
        assert again(cluster) == ("key-3",)
        assert cluster.retired() == ["key-1", "key-2"]
        assert set(cluster.stored) == {"key-3"}
        assert cluster.backups[-1] == ("key-3",)
    else:
        assert cluster.retired() == ["key-1", "key-2"], "nothing was begun"


@pytest.mark.parametrize(
    ("stored", "gone"),
    [
        ({}, True),
        ({-2: '["key-1"]'}, False),
        ({-2: '["key-2"]'}, True),
        ({-2: None}, False),
        ({2: None}, True),
        # Its upload ended after the retirement.
        ({0.5: '["key-1", "key-2"]'}, False),
        ({0.5: None}, False),
        ({-50: '["key-1"]', -2: '["key-2"]', 3: '["key-2"]'}, False),
    ],
)
def test_a_retired_key_goes_with_the_last_snapshot_that_needs_it(
    stored: Mapping[float, str | None], gone: bool
) -> None:
    """Snapshots by the hours from the retirement to their upload, each with its record."""
    found = [StoredSnapshot(str(hours), NOW + timedelta(hours=hours), 1) for hours in stored]

    class S3:
        def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
            names = stored[float(Key)]
            taken = next(one.taken for one in found if one.key == Key)
            return {"LastModified": taken, "Metadata": {} if names is None else {"encryption-keys": names}}

    class Account:
        def client(self, _: str) -> Any:
            return S3()

        def pages(self, *_: str, Prefix: str, **__: str) -> Sequence[Any]:  # noqa: N803
            listed = [{"Key": one.key, "LastModified": one.taken, "Size": 1} for one in found]
            return listed if Prefix == "etcd/snapshots/" else []

    location = SnapshotLocation("bucket", "etcd/snapshots/", timedelta(minutes=30), "t")
    records = SnapshotRecords(cast("ClusterInventory", Account()), location)
    assert records.expired([RetiredKey("key-1", NOW)]) == (("key-1",) if gone else ())
    needing = {float(one.key) for one in records.needing(["key-1"])}
    assert needing == {hours for hours, names in stored.items() if names is None or "key-1" in names}
