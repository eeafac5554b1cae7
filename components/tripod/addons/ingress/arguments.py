"""Arguments common to both ingress controllers, so that they are interchangeable."""

from collections.abc import Iterator, Sequence
from typing import NotRequired

from tripod.addons.framework.add_on import AddOnArgs
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.ingress.spec import IngressSpec
from tripod.core.component import spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import IngressSettings


class IngressArgs(AddOnArgs, IngressSettings):
    """Arguments of an ingress controller."""

    public_zone: NotRequired[str]
    """The public zone's domain, for the default certificate; without it there is none."""
    namespaces: NotRequired[list[str]]
    """Namespaces whose services' default names are in the certificate."""


def ingress_spec(args: IngressArgs) -> IngressSpec:
    """Settings of an ingress controller.

    Raises:
        ConfigurationError: the arguments are refused.
    """
    spec = spec_of(IngressSpec, args, IngressArgs)
    cluster = ClusterFacts.of(args["cluster"])
    raise_if_any(ingress_problems(cluster.cni, cluster.load_balancers, spec))
    return spec


def ingress_problems(cni: str, load_balancers: Sequence[str], ingress: IngressSpec) -> Iterator[Problem]:
    """Find a Gateway that the network plugin does not serve, and a load balancer that does not reach the workers.

    Args:
        cni: the network plugin.
        load_balancers: the load balancers of Services that security groups let reach the workers.
        ingress: settings of the ingress.
    """
    if ingress.kind == "gateway" and cni != "cilium":
        yield Problem(
            ("kind",), "'gateway'", "ingress-nginx, with network.cni: " + cni, "a Gateway is served by Cilium"
        )
    if ingress.load_balancer not in load_balancers:
        yield Problem(
            ("internal",),
            str(ingress.internal).lower(),
            f"a load balancer of network.loadBalancers: {', '.join(load_balancers) or 'none'}",
            f"add {ingress.load_balancer} to it, or remove the key: security groups close the workers to others",
        )
