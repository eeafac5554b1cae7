"""Values of the EBS CSI driver's chart, and its storage classes."""

from collections.abc import Mapping

import pulumi

from tripod.addons.ebs_csi.spec import StorageClassSpec
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    CONTROL_PLANE,
    aws_environment,
    aws_mount,
    aws_volume,
    labels,
    resources,
    zone_spread,
)

NAMESPACE, SERVICE_ACCOUNT = "kube-system", "ebs-csi-controller-sa"
DRIVER = "ebs.csi.aws.com"
SNAPSHOT_CLASS = "ebs"

_SIDECARS = {
    "provisioner": "csi-provisioner",
    "attacher": "csi-attacher",
    "snapshotter": "csi-snapshotter",
    "resizer": "csi-resizer",
    "livenessProbe": "livenessprobe",
    "nodeDriverRegistrar": "csi-node-driver-registrar",
}

_ATTACHED = {"cilium": 1, "aws-vpc": 5}
"""Network plugin → attachments of an instance that are not volumes: root disk, interfaces with pods' addresses."""


def ebs_csi_values(cluster: ClusterFacts, replicas: int, snapshots: bool, role_arn: pulumi.Input[str]) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        replicas: replicas of the controller.
        snapshots: if true, a snapshot controller is installed, with its custom resource definitions.
        role_arn: the controller's role; may be unknown.
    """
    ecr = "public.ecr.aws"
    sidecars: dict[str, JsonObject] = {
        key: {"image": {"repository": cluster.image(f"{ecr}/csi-components/{name}")}, "resources": _SMALL}
        for key, name in _SIDECARS.items()
    }
    sidecars["snapshotter"]["forceEnable"] = snapshots
    snapshot_class = {
        "name": SNAPSHOT_CLASS,
        "annotations": {"snapshot.storage.kubernetes.io/is-default-class": "true"},
        "deletionPolicy": "Delete",
    }
    return {
        "image": {"repository": cluster.image(f"{ecr}/ebs-csi-driver/aws-ebs-csi-driver")},
        "sidecars": sidecars,
        "controller": {
            **CONTROL_PLANE,
            "replicaCount": replicas,
            "resources": resources("10m", "64Mi", "256Mi"),
            "topologySpreadConstraints": zone_spread({"app": "ebs-csi-controller"}),
            "k8sTagClusterId": cluster.cluster_name,
            "extraVolumeTags": {**cluster.tags, "cluster": cluster.cluster_name},
            "env": aws_environment(role_arn, cluster.region),
            "volumes": [aws_volume()],
            "volumeMounts": [aws_mount()],
        },
        "node": {
            "enableWindows": False,
            # Pods get no answer from the instance's metadata.
            "metadataSources": "kubernetes",
            "reservedVolumeAttachments": _ATTACHED[cluster.cni],
            "resources": resources("10m", "64Mi", "256Mi"),
        },
        "volumeSnapshotClasses": [snapshot_class] if snapshots else [],
        "helmTester": {"enabled": False},
    }


_SMALL = resources("10m", "40Mi", "256Mi")


def storage_classes(cluster: ClusterFacts, classes: Mapping[str, StorageClassSpec], default: str) -> list[Manifest]:
    """The storage classes.

    Args:
        cluster: facts of the cluster, with the key that encrypts volumes.
        classes: name → class.
        default: the class of claims that name none.
    """
    return [_storage_class(cluster, name, one, name == default) for name, one in classes.items()]


def _storage_class(cluster: ClusterFacts, name: str, spec: StorageClassSpec, default: bool) -> Manifest:
    numbers = {"iops": spec.iops, "throughput": spec.throughput}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": name,
            "labels": labels(name, "ebs-csi"),
            "annotations": {"storageclass.kubernetes.io/is-default-class": str(default).lower()},
        },
        "provisioner": DRIVER,
        # A volume is bound to its zone: it is created in the zone of the pod.
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Retain" if spec.keep else "Delete",
        "parameters": {
            "type": spec.type,
            "encrypted": "true",
            "kmsKeyId": cluster.volume_key_arn,
            "csi.storage.k8s.io/fstype": spec.file_system,
            **{key: str(value) for key, value in numbers.items() if value is not None},
        },
    }
