"""Values of metrics-server's chart."""

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.framework.pods import CONTROL_PLANE, resources, selector, zone_spread

IMAGE = "registry.k8s.io/metrics-server/metrics-server"
CERTIFICATE_DAYS = 3650


def metrics_server_values(cluster: ClusterFacts, replicas: int) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        replicas: its replicas.
    """
    return {
        # Kubelets are open to control-plane nodes alone.
        **CONTROL_PLANE,
        "image": {"repository": cluster.image(IMAGE)},
        "replicas": replicas,
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1},
        "topologySpreadConstraints": zone_spread(selector("metrics-server")),
        "resources": resources("100m", "200Mi"),
        # A certificate that the API server verifies. Helm keeps it: nothing renews it before its time.
        "tls": {"type": "helm", "helm": {"certDurationDays": CERTIFICATE_DAYS}},
        "apiService": {"insecureSkipTLSVerify": False},
        "args": ["--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"],
    }
