"""Encryption keys of snapshots: their names in each object's metadata, and the keys that an earlier release's needs."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.etcd.snapshots import ENCRYPTION_KEYS
from tripod.operations.backup.run import SnapshotLocation, StoredSnapshot, snapshots
from tripod.operations.inventory import ClusterInventory
from tripod.stack.aws_clients import Boto3Client, error_code
from tripod.storage.layout import LATEST_SNAPSHOT

UPLOAD = timedelta(hours=1)
"""The longest time from a snapshot's moment to that of its object, and then some."""

_CONNECTIONS = 8


@dataclass(frozen=True)
class RetiredKey:
    """A key that no API server has any more.

    Attributes:
        name: its name.
        retired: the time at which it was dropped; no Secret was encrypted with it any more.
    """

    name: str
    retired: datetime


@dataclass(frozen=True)
class SnapshotKeys:
    """Encryption keys of a snapshot.

    Attributes:
        taken: the time of the snapshot.
        names: the names of its keys; None if it has no record of them, as one of an earlier release.
    """

    taken: datetime
    names: tuple[str, ...] | None

    def needs(self, name: str, retired: datetime | None = None) -> bool:
        """True if the snapshot cannot be read without a key; without a record, if it is older than the retirement.

        Args:
            name: the key's name.
            retired: the time at which it was retired; None for a key in use.
        """
        if self.names is not None:
            return name in self.names
        return retired is None or self.taken <= retired + UPLOAD


def record_of(client: Boto3Client, bucket: str, key: str) -> SnapshotKeys | None:
    """The record of a snapshot; None if there is no such object, as when it has just expired.

    Args:
        client: a client of S3.
        bucket: the snapshot's bucket.
        key: its key.
    """
    try:
        head = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in ("404", "NoSuchKey", "NoSuchBucket"):
            return None
        raise
    metadata: dict[str, str] = head.get("Metadata", {})
    try:
        taken = datetime.strptime(metadata["taken"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (KeyError, ValueError):
        taken = head["LastModified"]
    try:
        found: object = json.loads(metadata[ENCRYPTION_KEYS])
    except (KeyError, ValueError):
        found = None
    names = tuple(str(name) for name in cast("list[object]", found)) if isinstance(found, list) else None
    return SnapshotKeys(taken, names)


@dataclass(frozen=True)
class SnapshotRecords:
    """Records of a cluster's snapshots.

    Attributes:
        inventory: the cluster.
        location: the location of its snapshots.
    """

    inventory: ClusterInventory
    location: SnapshotLocation

    def expired(self, retired: Sequence[RetiredKey]) -> tuple[str, ...]:
        """The retired keys that no snapshot needs any more."""
        found = self._all() if retired else []
        return tuple(key.name for key in retired if not self._any_needs(found, key))

    def needing(self, names: Sequence[str]) -> list[StoredSnapshot]:
        """The snapshots that need one of some keys, newest first."""
        found, client = snapshots(self.inventory, self.location), self.inventory.client("s3")

        def record(one: StoredSnapshot) -> SnapshotKeys | None:
            return record_of(client, self.location.bucket, one.key)

        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            records = list(pool.map(record, found))
        return [
            one for one, keys in zip(found, records, strict=True) if keys and any(keys.needs(name) for name in names)
        ]

    def _any_needs(self, found: Sequence[StoredSnapshot], key: RetiredKey) -> bool:
        """True if a snapshot needs the key. The newest from before its retirement likely does, and ends the search."""
        for one in found:
            if one.taken <= key.retired + UPLOAD:
                record = record_of(self.inventory.client("s3"), self.location.bucket, one.key)
                if record and record.needs(key.name, key.retired):
                    return True
        return False

    def _all(self) -> list[StoredSnapshot]:
        """Every snapshot, newest first, and the copy of the newest, which does not expire."""
        listed = self.inventory.pages(
            "s3", "list_objects_v2", "Contents", Bucket=self.location.bucket, Prefix=LATEST_SNAPSHOT
        )
        latest = [StoredSnapshot(one["Key"], one["LastModified"], one["Size"]) for one in listed]
        return [*snapshots(self.inventory, self.location), *latest]
