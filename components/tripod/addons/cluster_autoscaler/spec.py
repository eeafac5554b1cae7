"""What is told to those who keep the cluster and AWS in step: nodes, load balancers, sizes of groups."""

from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class ClusterAutoscalerSpec(ReleaseSpec):
    """As many workers as the pods need, between each group's bounds."""

    replicas: Whole = 2
    """How many stand by; one of them decides."""
    expander: Literal["least-waste", "most-pods", "random"] = "least-waste"
    """Which group grows where several could."""
    idle_minutes: Whole = 10
    """How many minutes a node is not needed before it goes."""
    idle_percent: Whole = 50
    """A node of whose processors and memory less is asked for is not needed, if its pods fit elsewhere."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        if self.idle_minutes < 1:
            yield Problem(("idle_minutes",), str(self.idle_minutes), "1 or more", "give pods the time to come back")
        if not 0 <= self.idle_percent <= 100:
            yield Problem(("idle_percent",), str(self.idle_percent), "0 to 100", "correct it")
