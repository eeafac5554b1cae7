"""cert-manager: its namespace and network policies, its chart's values, and the ACME issuer."""

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import any_pod, namespace, network_policy, ports, to_api, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import aws_environment, aws_mount, aws_volume, labels, resources, zone_spread
from tripod.addons.ingress.load_balancer import ISSUER

NAMESPACE = ACCOUNT = "cert-manager"
_REGISTRY = "quay.io"
_METRICS, _WEBHOOK = 9402, 10250

_ACME = "https://acme-v02.api.letsencrypt.org/directory"
_ACME_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


def cert_manager(cluster: ClusterFacts) -> list[Manifest]:
    """cert-manager's namespace and network policies."""
    webhook_pods = {"app.kubernetes.io/component": "webhook"}
    controller = {"app.kubernetes.io/component": "controller"}
    webhook = {"ports": ports(_WEBHOOK)}
    metrics = {"from": any_pod(), "ports": ports(_METRICS)}
    # ACME servers and AWS.
    internet = {"to": to_internet(), "ports": ports(443)}
    return [
        *namespace(NAMESPACE),
        network_policy(NAMESPACE, NAMESPACE, {}, ingress=[metrics], egress=[to_api(cluster)]),
        network_policy("webhook", NAMESPACE, webhook_pods, ingress=[webhook]),
        network_policy("controller", NAMESPACE, controller, egress=[internet]),
    ]


def cert_manager_values(cluster: ClusterFacts, replicas: int, role_arn: pulumi.Input[str] | None) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        replicas: replicas of each of its parts.
        role_arn: the controller's role, which may be unknown; None without a public zone.
    """
    identity: JsonObject = {}
    if role_arn is not None:
        identity["extraEnv"] = aws_environment(role_arn, cluster.region)
        identity |= {"volumes": [aws_volume()], "volumeMounts": [aws_mount()]}
    return {
        # Certificates outlive a removed release.
        "crds": {"enabled": True, "keep": True},
        "imageRegistry": cluster.image(f"{_REGISTRY}/jetstack").removesuffix("/jetstack"),
        "global": {"leaderElection": {"namespace": NAMESPACE}, "priorityClassName": "system-cluster-critical"},
        **_replicas("controller", replicas, "128Mi", "512Mi"),
        "serviceAccount": {"name": ACCOUNT},
        **identity,
        # The cluster's DNS resolves public names; no other DNS servers are needed.
        "dns01RecursiveNameservers": f"{cluster.dns_address}:53",
        "dns01RecursiveNameserversOnly": True,
        "webhook": _replicas("webhook", replicas, "64Mi", "128Mi"),
        "cainjector": _replicas("cainjector", replicas, "128Mi", "512Mi"),
        # The release is created once the webhook answers, so that issuers can follow.
        "startupapicheck": {"enabled": True, "resources": resources("10m", "32Mi", "64Mi")},
    }


def _replicas(component: str, replicas: int, memory: str, limit: str) -> JsonObject:
    match = {"app.kubernetes.io/instance": "cert-manager", "app.kubernetes.io/component": component}
    return {
        "replicaCount": replicas,
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        "topologySpreadConstraints": zone_spread(match),
        "resources": resources("20m", memory, limit),
    }


def acme_issuer(cluster: ClusterFacts, email: str | None, zone: tuple[str, str]) -> Manifest:
    """The ACME issuer of public certificates, with DNS-01 challenges in the public zone.

    Args:
        cluster: facts of the cluster. Only production uses the server whose certificates browsers trust, and which
            limits their number.
        email: the contact address of the ACME account.
        zone: the public zone's domain and id.
    """
    domain, zone_id = zone
    route53 = {"region": cluster.region, "hostedZoneID": zone_id}
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {"name": ISSUER, "labels": labels(ISSUER, NAMESPACE)},
        "spec": {
            "acme": {
                "server": _ACME if cluster.production else _ACME_STAGING,
                **({"email": email} if email else {}),
                "privateKeySecretRef": {"name": f"{ISSUER}-account"},
                "solvers": [{"selector": {"dnsZones": [domain]}, "dns01": {"route53": route53}}],
            }
        },
    }
