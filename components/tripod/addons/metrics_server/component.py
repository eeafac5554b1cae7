"""The add-on MetricsServer: resource use of pods and nodes, for autoscaling and `kubectl top`."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.addons.metrics_server.spec import MetricsServerSpec
from tripod.addons.metrics_server.values import metrics_server_values
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import MetricsServerSettings

CHART = Chart("metrics-server", "3.13.1", "https://kubernetes-sigs.github.io/metrics-server")


class MetricsServerArgs(AddOnArgs, MetricsServerSettings):
    """Arguments of MetricsServer."""


class MetricsServer(AddOn):
    """metrics-server, which trusts kubelets by the cluster's authority.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: MetricsServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(MetricsServerSpec, args, MetricsServerArgs)
        super().__init__("MetricsServer", name, args, spec, opts)
        self.release(CHART, "kube-system", metrics_server_values(self.cluster, spec.replicas), spec)
        self.register_outputs(annotated_outputs(self))
