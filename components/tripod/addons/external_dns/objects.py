"""external-dns: its namespace and network policy, and its chart's values."""

from collections.abc import Sequence
from typing import Literal

import pulumi

from tripod.addons.external_dns.spec import ExternalDnsSpec
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import any_pod, namespace, network_policy, ports, to_api, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import aws_environment, aws_mount, aws_volume, resources, scrape_annotations
from tripod.addons.ingress.constants import VISIBILITY, IngressKind
from tripod.dns.signatures import TXT_PREFIX, TXT_WILDCARD, dns_owner

Visibility = Literal["public", "private"]

IMAGE = "registry.k8s.io/external-dns/external-dns"
ACCOUNT = "external-dns"
_METRICS = 7979
_SOURCES = {"ingress-nginx": "ingress", "gateway": "gateway-httproute"}


def namespace_name(visibility: Visibility) -> str:
    """The namespace of the external-dns of a zone, and the name of its cluster-scoped objects."""
    return f"external-dns-{visibility}"


def external_dns(cluster: ClusterFacts, visibility: Visibility) -> list[Manifest]:
    """The namespace and network policy of external-dns."""
    name = namespace_name(visibility)
    metrics = {"from": any_pod(), "ports": ports(_METRICS)}
    to_aws = {"to": to_internet(), "ports": ports(443)}
    return [
        *namespace(name),
        network_policy(name, name, {}, ingress=[metrics], egress=[to_api(cluster), to_aws]),
    ]


def external_dns_values(
    cluster: ClusterFacts,
    spec: ExternalDnsSpec,
    visibility: Visibility,
    ingress: IngressKind,
    zone: tuple[str, pulumi.Input[str]],
    excluded: Sequence[str],
    role_arn: pulumi.Input[str],
) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        spec: its settings.
        visibility: the label of an Ingress or route whose names it writes.
        ingress: the kind of the ingress.
        zone: the zone's domain and id; the id may be unknown.
        excluded: names that it leaves alone, and names within them.
        role_arn: its role; may be unknown.
    """
    domain, zone_id = zone
    return {
        "fullnameOverride": namespace_name(visibility),
        "image": {"repository": cluster.image(IMAGE)},
        "provider": {"name": "aws"},
        "policy": spec.policy,
        "sources": [_SOURCES[ingress]],
        "labelFilter": f"{VISIBILITY}={visibility}",
        "domainFilters": [domain],
        "excludeDomains": [*excluded],
        # The owner of a name: other clusters, and the other zone's external-dns, leave it alone.
        "txtOwnerId": dns_owner(cluster.cluster_name, visibility),
        "txtPrefix": TXT_PREFIX,
        "managedRecordTypes": ["A", "AAAA", "CNAME"],
        "extraArgs": {
            "zone-id-filter": [zone_id],
            "aws-zone-type": visibility,
            # Addresses of load balancers change: records are aliases or names.
            "exclude-target-net": ["0.0.0.0/0", "::/0"],
            "txt-wildcard-replacement": TXT_WILDCARD,
        },
        "serviceAccount": {"name": ACCOUNT},
        "env": aws_environment(role_arn, cluster.region),
        "extraVolumes": [aws_volume()],
        "extraVolumeMounts": [aws_mount()],
        "priorityClassName": "system-cluster-critical",
        "resources": resources("20m", "64Mi", "256Mi"),
        "service": {"annotations": scrape_annotations(_METRICS)},
    }
