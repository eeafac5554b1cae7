"""Names shared by the ingress, external-dns, workloads and operations."""

from typing import Literal

from tripod.core.naming import ownership_tag

IngressKind = Literal["ingress-nginx", "gateway"]

NAMESPACE = "ingress"
"""Namespace of the ingress controller or the Gateway."""

INGRESS_CLASS = "nginx"
GATEWAY = "gateway"
HTTPS_LISTENER = "https"

VISIBILITY = "tripod.dns/visibility"
"""Label of an Ingress or a route: the zone of its hosts, private or public."""

CLUSTER_ISSUER = "cert-manager.io/cluster-issuer"
"""Annotation of an Ingress that requests a certificate."""


def load_balancer_service(kind: IngressKind) -> str:
    """The only allowed Service of type LoadBalancer, as ``namespace/name``."""
    if kind == "gateway":
        # The name that Cilium gives it.
        return f"{NAMESPACE}/cilium-gateway-{GATEWAY}"
    return f"{NAMESPACE}/ingress-nginx-controller"


def load_balancer_tags(cluster: str, kind: IngressKind) -> dict[str, str]:
    """Tags of the load balancer of that Service (cloud-provider-aws 1.36.1, aws_loadbalancer.go: ensureLoadBalancerv2).

    Args:
        cluster: the cluster's name.
        kind: the kind of the ingress.
    """
    return {ownership_tag(cluster): "owned", "kubernetes.io/service-name": load_balancer_service(kind)}
