"""Settings of CoreDNS."""

from collections.abc import Iterator

from tripod.addons.framework.spec import AddOnSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class CoreDnsSpec(AddOnSpec):
    """The cluster's DNS."""

    replicas: Whole = 2
    """Replicas, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
