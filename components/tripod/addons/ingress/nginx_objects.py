"""ingress-nginx: its namespace and network policies, and its chart's values."""

from collections.abc import Mapping

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import any_pod, namespace, network_policy, ports, to_api
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import resources, scrape_annotations, zone_spread
from tripod.addons.ingress.constants import INGRESS_CLASS, NAMESPACE
from tripod.addons.ingress.load_balancer import CERTIFICATE, load_balancer_annotations
from tripod.addons.ingress.spec import IngressSpec

_REGISTRY = "registry.k8s.io"
_METRICS, _WEBHOOK = 10254, 8443

PODS = {
    "app.kubernetes.io/name": "ingress-nginx",
    "app.kubernetes.io/instance": "ingress-nginx",
    "app.kubernetes.io/component": "controller",
}


def ingress_nginx(cluster: ClusterFacts) -> list[Manifest]:
    """The namespace and network policies of ingress-nginx."""
    jobs = {"app.kubernetes.io/component": "admission-webhook"}
    # The security group of the load balancer restricts the sources.
    traffic = {"ports": ports("http", "https")}
    # Called by API servers, which Cilium and the VPC identify by different addresses; it requires TLS.
    webhook = {"ports": ports(_WEBHOOK)}
    metrics = {"from": any_pod(), "ports": ports(_METRICS)}
    # Its backends are in any namespace, at any port.
    backends = {"to": any_pod()}
    return [
        *namespace(NAMESPACE),
        network_policy(
            "controller", NAMESPACE, PODS, ingress=[traffic, webhook, metrics], egress=[backends, to_api(cluster)]
        ),
        network_policy("admission-jobs", NAMESPACE, jobs, egress=[to_api(cluster)]),
    ]


def ingress_nginx_values(cluster: ClusterFacts, ingress: IngressSpec, *, secure: bool) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        ingress: settings of the ingress.
        secure: if true, hosts without a certificate of their own use the default one; else an untrusted one.
    """
    certificate = {"default-ssl-certificate": f"{NAMESPACE}/{CERTIFICATE}"} if secure else {}
    registry = cluster.image(f"{_REGISTRY}/ingress-nginx").removesuffix("/ingress-nginx")
    # A mirror need not keep digests: the chart's are for the source.
    digests = {} if registry == _REGISTRY else {"image": {"digest": ""}}
    return {
        "global": {"image": {"registry": registry}},
        "controller": {
            **digests,
            "replicaCount": ingress.replicas,
            "maxUnavailable": 1,
            "topologySpreadConstraints": zone_spread(PODS),
            "priorityClassName": "system-cluster-critical",
            "resources": resources("100m", "256Mi", "512Mi"),
            "config": _configuration(cluster, ingress),
            "extraArgs": certificate,
            "ingressClassResource": {"name": INGRESS_CLASS, "default": True},
            "ingressClass": INGRESS_CLASS,
            "service": {
                "type": "LoadBalancer",
                "externalTrafficPolicy": "Cluster",
                "loadBalancerSourceRanges": [*ingress.source_ranges],
                "annotations": load_balancer_annotations(cluster, ingress),
            },
            "metrics": {"enabled": True, "service": {"annotations": scrape_annotations(_METRICS)}},
            "admissionWebhooks": {
                "patch": digests,
                "createSecretJob": {"resources": resources("10m", "32Mi", "64Mi")},
                "patchWebhookJob": {"resources": resources("10m", "32Mi", "64Mi")},
            },
        },
    }


def _configuration(cluster: ClusterFacts, ingress: IngressSpec) -> Mapping[str, str]:
    """Nginx' configuration. PROXY headers are trusted from the VPC's and the pods' ranges."""
    trusted = ",".join((cluster.vpc_cidr, cluster.pod_cidr))
    proxied = {"proxy-real-ip-cidr": trusted} if ingress.proxy_protocol else {}
    return {
        "use-proxy-protocol": str(ingress.proxy_protocol).lower(),
        **proxied,
        # What a client says of its own address is not believed.
        "use-forwarded-headers": "false",
        "ssl-protocols": "TLSv1.2 TLSv1.3",
        "server-tokens": "false",
    }
