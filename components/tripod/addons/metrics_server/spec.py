"""Settings of metrics-server."""

from collections.abc import Iterator

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class MetricsServerSpec(ReleaseSpec):
    """Resource use of pods and nodes, for autoscaling and `kubectl top`."""

    replicas: Whole = 2
    """Replicas, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
