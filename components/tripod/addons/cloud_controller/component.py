"""The add-on CloudController: AWS' cloud controller manager, on control-plane nodes with their IAM role."""

import pulumi

from tripod.addons.cloud_controller.objects import NAMESPACE, cloud_config, cloud_controller_values
from tripod.addons.cloud_controller.spec import CloudControllerSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import CloudControllerSettings

CHART = Chart("aws-cloud-controller-manager", "0.0.11", "https://kubernetes.github.io/cloud-provider-aws")


class CloudControllerArgs(AddOnArgs, CloudControllerSettings):
    """Arguments of CloudController."""


class CloudController(AddOn):
    """AWS' cloud controller manager: it initialises nodes, and creates load balancers for Services.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: CloudControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CloudControllerSpec, args, CloudControllerArgs)
        super().__init__("CloudController", name, args, spec, opts)
        config = cloud_config(self.cluster)
        created = self.declare(config)
        values = cloud_controller_values(self.cluster, config)
        self.release(CHART, NAMESPACE, values, spec, after=created)
        self.register_outputs(annotated_outputs(self))
