"""Settings of the admission policies."""

import re
from collections.abc import Iterator

from tripod.addons.framework.spec import AddOnSpec
from tripod.core.patterns import DNS_LABEL
from tripod.core.problems import Problem


class PoliciesSpec(AddOnSpec):
    """Admission policies: no ports of nodes, images without a version, pods without limits, or second load balancer."""

    load_balancers: tuple[str, ...] = ()
    """Further Services that may be of type LoadBalancer, as namespace/name, beside the ingress'."""

    def _rules(self) -> Iterator[Problem]:
        for position, name in enumerate(self.load_balancers):
            if not re.fullmatch(rf"{DNS_LABEL}/{DNS_LABEL}", name):
                yield Problem(("load_balancers", position), repr(name), "namespace/name", "name the Service")
