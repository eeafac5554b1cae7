"""Values of snapshot-controller's chart."""

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.framework.pods import CONTROL_PLANE, resources, zone_spread

IMAGE = "registry.k8s.io/sig-storage/snapshot-controller"


def snapshot_controller_values(cluster: ClusterFacts, replicas: int) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        replicas: its replicas.
    """
    match = {"app.kubernetes.io/name": "snapshot-controller", "app.kubernetes.io/instance": "snapshot-controller"}
    return {
        "installCRDs": True,
        "controller": {
            **CONTROL_PLANE,
            "replicaCount": replicas,
            "image": {"repository": cluster.image(IMAGE)},
            "resources": resources("10m", "32Mi", "128Mi"),
            "topologySpreadConstraints": zone_spread(match),
            "pdb": {"maxUnavailable": 1},
            "priorityClassName": "system-cluster-critical",
        },
    }
