"""Settings of the etcd group."""

from collections.abc import Iterator

from tripod.compute.spec import VolumeSpec
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.etcd.quorum import member_count_problem

MIN_DATA_GIB = 20
"""Room for etcd's quota of 8 GiB, a second copy during defragmentation, and the write-ahead log."""


class SnapshotsSpec(Spec):
    """Snapshots of etcd."""

    interval_minutes: Whole = 30
    """Minutes between snapshots."""
    retention_days: Whole = 30
    """Days to keep a snapshot."""

    def _rules(self) -> Iterator[Problem]:
        if not 5 <= self.interval_minutes <= 1440:
            yield Problem(("interval_minutes",), str(self.interval_minutes), "5 to 1440", "change the interval")
        if not 1 <= self.retention_days <= 3650:
            yield Problem(("retention_days",), str(self.retention_days), "1 to 3650", "change the retention")


class EtcdSpec(Spec):
    """The dedicated etcd group: one instance, one address and one volume for each member."""

    members: Whole = 3
    """The number of members: 3, 5 or 7."""
    placement: dict[str, Whole] | None = None
    """Zone → number of members; by default round-robin. Write down the current placement before you add a zone
    without new members: otherwise one would move."""
    instance_type: str = "m7g.medium"
    """The instance type of a member."""
    volume: VolumeSpec = VolumeSpec()
    """The data volume of a member, which outlives its instance."""
    root_volume: VolumeSpec = VolumeSpec()
    """The root disk of an instance."""
    snapshots: SnapshotsSpec = SnapshotsSpec()
    """Snapshots to the snapshot bucket."""
    metrics: bool = True
    """If true, control-plane nodes may scrape the members' metrics (port 2381)."""

    def _rules(self) -> Iterator[Problem]:
        problem = member_count_problem(self.members, ("members",))
        if problem:
            yield problem
        if self.volume.size_gib < MIN_DATA_GIB:
            yield Problem(
                ("volume", "size_gib"),
                str(self.volume.size_gib),
                f"{MIN_DATA_GIB} or more",
                "leave room for etcd's quota, a defragmentation and the log",
            )
