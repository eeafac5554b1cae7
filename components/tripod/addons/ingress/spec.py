"""How the cluster is entered, and by which names: zones, the one load balancer, records, certificates."""

from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole
from tripod.network.ranges import range_problem, try_parse_range


class IngressSpec(ReleaseSpec):
    """The one way in, with the one load balancer, for everything that the cluster serves."""

    kind: Literal["ingress-nginx", "gateway"] = "ingress-nginx"
    """What stands behind the load balancer. ingress-nginx gets no releases since March 2026; gateway is Cilium's."""
    replicas: Whole = 2
    """Replicas of ingress-nginx, spread over zones. A gateway runs on every node."""
    internal: bool = False
    """Whether the load balancer is reached from the VPC alone."""
    source_ranges: tuple[str, ...] = ("0.0.0.0/0",)
    """Who may connect."""
    proxy_protocol: bool = True
    """Whether clients' addresses travel by PROXY protocol. It is set on both ends: load balancer and proxy."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        if not self.source_ranges:
            yield Problem(("source_ranges",), "none", "a range or more", "say who may connect; [] would be everybody")
        for position, text in enumerate(self.source_ranges):
            found = range_problem(text, try_parse_range(text), ("source_ranges", position))
            if found:
                yield found


class GatewayApiSpec(ReleaseSpec):
    """The kinds of the Gateway API; installed where ingress.kind is gateway."""
