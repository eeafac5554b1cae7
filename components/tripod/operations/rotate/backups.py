"""Backups of a rotation: one that needs the new key alone, and the retired keys that older ones need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tripod.operations.backup.keys import RetiredKey, SnapshotRecords, record_of
from tripod.operations.backup.run import StoredSnapshot, member_for_snapshot, snapshot_location, take_snapshot
from tripod.operations.fleet import members_of
from tripod.operations.inventory import ClusterInventory
from tripod.operations.observe import fleet_of, member_views
from tripod.operations.remote import Remote
from tripod.operations.rotate.plan import Keys


@dataclass(frozen=True)
class ClusterBackups:
    """Snapshots of a cluster.

    Attributes:
        inventory: reads the cluster anew.
        remote: reaches its members.
    """

    inventory: Callable[[], ClusterInventory]
    remote: Remote

    def take(self) -> Keys | None:
        """Take a snapshot now, and return the names of its keys; None if its member's release does not record them.

        Raises:
            OperationError: no member is well, or the snapshot is not good.
        """
        inventory = self.inventory()
        location, instances = snapshot_location(inventory), members_of(fleet_of(inventory))
        member = member_for_snapshot(member_views(self.remote, instances))
        taken = take_snapshot(inventory, self.remote, location, member, instances[member])
        record = record_of(inventory.client("s3"), taken.bucket, taken.snapshot.key)
        return record.names if record else None

    def expired(self, retired: Sequence[RetiredKey]) -> Keys:
        """The retired keys that no snapshot needs any more."""
        return self._records().expired(retired)

    def needing(self, keys: Keys) -> list[StoredSnapshot]:
        """The snapshots that cannot be read without these keys, newest first."""
        return self._records().needing(keys)

    def _records(self) -> SnapshotRecords:
        inventory = self.inventory()
        return SnapshotRecords(inventory, snapshot_location(inventory))
