"""The add-on Cilium: pod network, network policies, and Services without kube-proxy."""

import pulumi

from tripod.addons.cilium.spec import CiliumSpec
from tripod.addons.cilium.values import cilium_values
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import CiliumSettings

CHART = Chart("cilium", "1.20.2", "https://helm.cilium.io")


class CiliumArgs(AddOnArgs, CiliumSettings):
    """Arguments of Cilium."""


class Cilium(AddOn):
    """Cilium, which connects to the API by its DNS name, since Services have no addresses before it runs.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: CiliumArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CiliumSpec, args, CiliumArgs)
        super().__init__("Cilium", name, args, spec, opts)
        cluster = self.cluster
        values = cilium_values(cluster, cluster.api_host, cluster.api_port)
        self.release(CHART, "kube-system", values, spec, network_plugin=True)
        self.register_outputs(annotated_outputs(self))
