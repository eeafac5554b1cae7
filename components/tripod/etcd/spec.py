"""What the etcd group is told."""

from collections.abc import Iterator

from tripod.compute.spec import VolumeSpec
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.etcd.quorum import member_count_problem

SMALLEST_DATA_GIB = 20
"""etcd's quota of 8 GiB, a defragmentation's second copy of it, and the write-ahead log."""


class SnapshotsSpec(Spec):
    """Backups of etcd."""

    interval_minutes: Whole = 30
    """Minutes between two snapshots."""
    retention_days: Whole = 30
    """Days that a snapshot is kept."""

    def _rules(self) -> Iterator[Problem]:
        if not 5 <= self.interval_minutes <= 1440:
            yield Problem(("interval_minutes",), str(self.interval_minutes), "5 to 1440", "change the interval")
        if not 1 <= self.retention_days <= 3650:
            yield Problem(("retention_days",), str(self.retention_days), "1 to 3650", "change the retention")


class EtcdSpec(Spec):
    """The dedicated etcd group: one instance, one address and one volume for each member."""

    members: Whole = 3
    """How many members: 3, 5 or 7."""
    placement: dict[str, Whole] | None = None
    """Zone → how many members it has; by default they are dealt out. Write down what is before a zone joins while
    the number of members stays: otherwise one would move."""
    instance_type: str = "m7g.medium"
    """What a member runs on."""
    volume: VolumeSpec = VolumeSpec()
    """A member's data, which outlives its instance."""
    root_volume: VolumeSpec = VolumeSpec()
    """An instance's own disk."""
    snapshots: SnapshotsSpec = SnapshotsSpec()
    """Backups to the snapshot bucket."""
    metrics: bool = True
    """Whether control-plane nodes may scrape the members' metrics (port 2381)."""

    def _rules(self) -> Iterator[Problem]:
        problem = member_count_problem(self.members, ("members",))
        if problem:
            yield problem
        if self.volume.size_gib < SMALLEST_DATA_GIB:
            yield Problem(
                ("volume", "size_gib"),
                str(self.volume.size_gib),
                f"{SMALLEST_DATA_GIB} or more",
                "leave room for etcd's quota, a defragmentation and the log",
            )
