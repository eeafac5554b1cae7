"""Settings of the snapshot controller."""

from collections.abc import Iterator

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class SnapshotControllerSpec(ReleaseSpec):
    """Snapshots of volumes. Without it there are none."""

    replicas: Whole = 2
    """Replicas; one of them is the leader."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
