"""What both ways in take, so that the one can stand for the other."""

from collections.abc import Iterator
from typing import NotRequired

from tripod.addons.framework.add_on import AddOnArgs
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.ingress.spec import IngressSpec
from tripod.core.component import spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import IngressSettings


class IngressArgs(AddOnArgs, IngressSettings):
    """Arguments of a way in."""

    public_zone: NotRequired[str]
    """The domain that its certificate is for, which cert-manager gets; without it there is no certificate."""
    namespaces: NotRequired[list[str]]
    """The namespaces whose services' default names the certificate has."""


def ingress_spec(args: IngressArgs) -> IngressSpec:
    """What a way in is told.

    Raises:
        ConfigurationError: it is refused.
    """
    spec = spec_of(IngressSpec, args, IngressArgs)
    raise_if_any(gateway_problems(ClusterFacts.of(args["cluster"]).cni, spec.kind))
    return spec


def gateway_problems(cni: str, kind: str) -> Iterator[Problem]:
    """A Gateway that the network plugin does not serve.

    Args:
        cni: the network plugin.
        kind: which way in is asked for.
    """
    if kind == "gateway" and cni != "cilium":
        yield Problem(
            ("kind",), "'gateway'", "ingress-nginx, with network.cni: " + cni, "a Gateway is served by Cilium"
        )
