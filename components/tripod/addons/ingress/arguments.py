"""Arguments common to both ingress controllers, so that they are interchangeable."""

from collections.abc import Iterator
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
    raise_if_any(gateway_problems(ClusterFacts.of(args["cluster"]).cni, spec.kind))
    return spec


def gateway_problems(cni: str, kind: str) -> Iterator[Problem]:
    """Find a Gateway that the network plugin does not serve.

    Args:
        cni: the network plugin.
        kind: the kind of the ingress.
    """
    if kind == "gateway" and cni != "cilium":
        yield Problem(
            ("kind",), "'gateway'", "ingress-nginx, with network.cni: " + cni, "a Gateway is served by Cilium"
        )
