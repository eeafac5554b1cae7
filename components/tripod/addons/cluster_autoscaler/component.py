"""The add-on ClusterAutoscaler: sizes of worker groups."""

import pulumi

from tripod.addons.cluster_autoscaler.spec import ClusterAutoscalerSpec
from tripod.addons.cluster_autoscaler.values import NAME, NAMESPACE, cluster_autoscaler_values
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import ClusterAutoscalerSettings
from tripod.iam.autoscaler_policies import autoscaler_policy

CHART = Chart("cluster-autoscaler", "9.59.0", "https://kubernetes.github.io/autoscaler")


class ClusterAutoscalerArgs(AddOnArgs, ClusterAutoscalerSettings):
    """Arguments of ClusterAutoscaler."""


class ClusterAutoscaler(AddOn):
    """cluster-autoscaler, which finds the groups of its own cluster by their tags and may change no others.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ClusterAutoscalerSpec, args, ClusterAutoscalerArgs)
        super().__init__("ClusterAutoscaler", name, args, spec, opts)
        role = self.role(NAMESPACE, NAME, self.policy(autoscaler_policy))
        self.release(CHART, NAMESPACE, cluster_autoscaler_values(self.cluster, spec, role), spec)
        self.register_outputs(annotated_outputs(self))
