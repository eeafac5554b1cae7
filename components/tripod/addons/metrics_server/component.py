"""The add-on MetricsServer: resource use of pods and nodes, for autoscaling and `kubectl top`."""

from typing import Any

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.pods import CONTROL_PLANE, resources, selector, zone_spread
from tripod.addons.metrics_server.spec import MetricsServerSpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import MetricsServerSettings

CHART = Chart("metrics-server", "3.13.1", "https://kubernetes-sigs.github.io/metrics-server")
IMAGE = "registry.k8s.io/metrics-server/metrics-server"

CERTIFICATE_DAYS = 3650


class MetricsServerArgs(AddOnArgs, MetricsServerSettings):
    """Arguments of MetricsServer."""


class MetricsServer(AddOn):
    """metrics-server, which trusts kubelets by the cluster's authority.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: MetricsServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(MetricsServerSpec, args, MetricsServerArgs)
        super().__init__("MetricsServer", name, args, spec, opts)
        self.release(CHART, "kube-system", metrics_server_values(self.cluster, spec.replicas), spec)
        self.register_outputs(annotated_outputs(self))


def metrics_server_values(cluster: ClusterFacts, replicas: int) -> dict[str, Any]:
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
