"""The add-on ClusterAutoscaler: as many workers as the pods need."""

import pulumi

from tripod.addons.base import AddOn, AddOnArgs
from tripod.addons.charts import Chart
from tripod.addons.manifests.cluster_autoscaler import NAME, NAMESPACE, cluster_autoscaler_values
from tripod.addons.spec.cloud import ClusterAutoscalerSpec
from tripod.iam.autoscaler import autoscaler_policy
from tripod.scope import settings
from tripod.settings import ClusterAutoscalerSettings

CHART = Chart("cluster-autoscaler", "9.59.0", "https://kubernetes.github.io/autoscaler")


class ClusterAutoscalerArgs(AddOnArgs, ClusterAutoscalerSettings):
    """Arguments of ClusterAutoscaler."""


class ClusterAutoscaler(AddOn):
    """cluster-autoscaler, which finds the groups of its own cluster by their tags and may change no others.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    def __init__(self, name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = ClusterAutoscalerSpec.load(settings(args, ClusterAutoscalerArgs, ClusterAutoscalerSpec))
        super().__init__("ClusterAutoscaler", name, args, spec, opts)
        role = self.role(NAMESPACE, NAME, self.policy(autoscaler_policy))
        self.release(CHART, NAMESPACE, cluster_autoscaler_values(self.platform, spec, role), spec)
        self.register_outputs({})
