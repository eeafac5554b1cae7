"""Settings of the ingress and of the Gateway API."""

from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import ReleaseSpec, replica_problems
from tripod.core.problems import Problem
from tripod.core.spec import Whole
from tripod.network.ranges import range_problem, try_parse_range
from tripod.network.spec import LoadBalancerKind


class IngressSpec(ReleaseSpec):
    """The ingress, with the only load balancer, for all services of the cluster."""

    kind: Literal["ingress-nginx", "gateway"] = "ingress-nginx"
    """The proxy behind the load balancer: ingress-nginx, without releases since March 2026, or Cilium's gateway."""
    replicas: Whole = 2
    """Replicas of ingress-nginx, spread over zones. A gateway runs on every node."""
    internal: bool = False
    """If true, the load balancer is reached from the VPC alone."""
    source_ranges: tuple[str, ...] = ("0.0.0.0/0",)
    """Source ranges that may connect."""
    proxy_protocol: bool = True
    """If true, load balancer and proxy pass clients' addresses by PROXY protocol."""

    @property
    def load_balancer(self) -> LoadBalancerKind:
        """The kind of its load balancer."""
        return "internal" if self.internal else "public"

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        if not self.source_ranges:
            yield Problem(("source_ranges",), "none", "a range or more", "say who may connect; [] would be everybody")
        for position, text in enumerate(self.source_ranges):
            found = range_problem(text, try_parse_range(text), ("source_ranges", position))
            if found:
                yield found


class GatewayApiSpec(ReleaseSpec):
    """Definitions of the Gateway API; installed with ingress.kind: gateway."""
