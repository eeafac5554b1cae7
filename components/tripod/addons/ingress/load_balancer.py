"""Load balancer and default certificate, common to both kinds of ingress."""

from collections.abc import Sequence

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.host_names import wildcards
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata
from tripod.addons.ingress.constants import NAMESPACE
from tripod.addons.ingress.spec import IngressSpec

CERTIFICATE = "default-certificate"
"""Name of the default Certificate and its Secret, in the namespace of the ingress."""
ISSUER = "acme"
"""The ClusterIssuer of public certificates, in every stack."""

_ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer"


def load_balancer_annotations(cluster: ClusterFacts, ingress: IngressSpec) -> dict[str, str]:
    """Annotations of the Service for the cloud controller.

    It creates the load balancer's security group itself (NLBSecurityGroupMode=Managed), with the Service's ranges.
    """
    # A client's address as the packet's source would break nodes that call the cluster through its own load balancer.
    attributes = f"preserve_client_ip.enabled=false,proxy_protocol_v2.enabled={str(ingress.proxy_protocol).lower()}"
    owner = {**cluster.tags, "cluster": cluster.cluster_name}
    tags = ",".join(f"{key}={value}" for key, value in sorted(owner.items()))
    return {
        f"{_ANNOTATION}-type": "nlb",
        f"{_ANNOTATION}-internal": str(ingress.internal).lower(),
        # A zone whose proxies are lost is served by those of other zones.
        f"{_ANNOTATION}-cross-zone-load-balancing-enabled": "true",
        f"{_ANNOTATION}-target-group-attributes": attributes,
        f"{_ANNOTATION}-healthcheck-interval": "10",
        f"{_ANNOTATION}-healthcheck-healthy-threshold": "2",
        f"{_ANNOTATION}-healthcheck-unhealthy-threshold": "2",
        f"{_ANNOTATION}-additional-resource-tags": tags,
    }


def default_certificate(namespaces: Sequence[str], cluster: str, zone: str) -> Manifest:
    """The default certificate, for every service's default name: of hosts without one of their own.

    Args:
        namespaces: the namespaces whose services are reached through the ingress.
        cluster: the cluster's name.
        zone: the public zone's domain.
    """
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata(CERTIFICATE, NAMESPACE, NAMESPACE),
        "spec": {
            "secretName": CERTIFICATE,
            "dnsNames": wildcards(tuple(namespaces), cluster, zone),
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": ISSUER},
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        },
    }
