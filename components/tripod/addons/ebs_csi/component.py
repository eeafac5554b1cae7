"""The add-on EbsCsi: encrypted volumes, created in the zone of the pod."""

from typing import NotRequired

import pulumi

from tripod.addons.ebs_csi.objects import NAMESPACE, SERVICE_ACCOUNT, ebs_csi_values, storage_classes
from tripod.addons.ebs_csi.spec import EbsCsiSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import EbsCsiSettings
from tripod.iam.volume_policies import volume_driver_policy

CHART = Chart("aws-ebs-csi-driver", "2.64.0", "https://kubernetes-sigs.github.io/aws-ebs-csi-driver")


class EbsCsiArgs(AddOnArgs, EbsCsiSettings):
    """Arguments of EbsCsi."""

    snapshots: NotRequired[bool]
    """If true, SnapshotController is installed; depend on it. Default: false."""


class EbsCsi(AddOn):
    """The EBS CSI driver, which may change only volumes that it created for this cluster.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: EbsCsiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(EbsCsiSpec, args, EbsCsiArgs)
        super().__init__("EbsCsi", name, args, spec, opts)
        cluster = self.cluster
        policy = self.policy(volume_driver_policy, key_arn=cluster.volume_key_arn)
        role = self.role(NAMESPACE, SERVICE_ACCOUNT, policy)
        values = ebs_csi_values(cluster, spec.replicas, args.get("snapshots", False), role)
        driver = self.release(CHART, NAMESPACE, values, spec)
        self.declare(*storage_classes(cluster, spec.classes, spec.default_class), after=[driver])
        self.register_outputs(annotated_outputs(self))
