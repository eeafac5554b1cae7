"""Settings of the cluster autoscaler."""

from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class ClusterAutoscalerSpec(ReleaseSpec):
    """Autoscaler of worker groups, between each group's bounds."""

    replicas: Whole = 2
    """Replicas; one of them is the leader."""
    expander: Literal["least-waste", "most-pods", "random"] = "least-waste"
    """Strategy for the choice among groups that could grow."""
    idle_minutes: Whole = 10
    """Minutes for which a node is unneeded before it is removed."""
    idle_percent: Whole = 50
    """Percent of a node's CPU and memory: with lower requests the node is unneeded, if its pods fit elsewhere."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        if self.idle_minutes < 1:
            yield Problem(("idle_minutes",), str(self.idle_minutes), "1 or more", "give pods the time to come back")
        if not 0 <= self.idle_percent <= 100:
            yield Problem(("idle_percent",), str(self.idle_percent), "0 to 100", "correct it")
