"""Settings."""

from collections.abc import Iterator

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole

IOPS = {"gp3": (3000, 80_000), "io2": (100, 256_000)}
THROUGHPUT = (125, 2000)


class SnapshotControllerSpec(ReleaseSpec):
    """Snapshots of volumes. Without it there are none."""

    replicas: Whole = 2
    """How many stand by; one of them works."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
