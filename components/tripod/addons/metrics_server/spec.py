"""What the add-ons are told without which a cluster is none: names, volumes, sizes."""

from collections.abc import Iterator

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class MetricsServerSpec(ReleaseSpec):
    """What pods and nodes use, for autoscaling and `kubectl top`."""

    replicas: Whole = 2
    """How many answer, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
