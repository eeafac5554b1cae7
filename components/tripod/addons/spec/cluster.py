"""What the add-ons are told without which a cluster is none: names, volumes, sizes."""

from collections.abc import Iterator

from tripod.addons.spec.common import AddOnSpec, ReleaseSpec
from tripod.problems import Problem
from tripod.specs import Whole


def replica_problems(replicas: int) -> Iterator[Problem]:
    """Fewer replicas than survive the loss of one."""
    if replicas < 2:
        yield Problem(("replicas",), str(replicas), "2 or more", "keep one for the time when the other is lost")


class CoreDnsSpec(AddOnSpec):
    """Names within the cluster."""

    replicas: Whole = 2
    """How many answer, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)


class MetricsServerSpec(ReleaseSpec):
    """What pods and nodes use, for autoscaling and `kubectl top`."""

    replicas: Whole = 2
    """How many answer, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
