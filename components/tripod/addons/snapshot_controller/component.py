"""The add-on SnapshotController: snapshots of volumes, and their custom resource definitions."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.addons.snapshot_controller.spec import SnapshotControllerSpec
from tripod.addons.snapshot_controller.values import snapshot_controller_values
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import SnapshotControllerSettings

CHART = Chart("snapshot-controller", "5.2.0", "https://piraeus.io/helm-charts")


class SnapshotControllerArgs(AddOnArgs, SnapshotControllerSettings):
    """Arguments of SnapshotController."""


class SnapshotController(AddOn):
    """The snapshot controller with its custom resource definitions. Drivers with snapshots depend on it.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: SnapshotControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(SnapshotControllerSpec, args, SnapshotControllerArgs)
        super().__init__("SnapshotController", name, args, spec, opts)
        self.release(CHART, "kube-system", snapshot_controller_values(self.cluster, spec.replicas), spec)
        self.register_outputs(annotated_outputs(self))
