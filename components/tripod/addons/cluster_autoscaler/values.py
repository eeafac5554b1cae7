"""Values of cluster-autoscaler's chart."""

import pulumi

from tripod.addons.cluster_autoscaler.spec import ClusterAutoscalerSpec
from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.framework.pods import (
    CONTROL_PLANE,
    aws_environment,
    aws_mount,
    aws_volume,
    non_root,
    resources,
    unprivileged,
    zone_spread,
)
from tripod.iam.autoscaler_policies import AUTOSCALER_TAG

NAME, NAMESPACE = "cluster-autoscaler", "kube-system"
IMAGE, TAG = "registry.k8s.io/autoscaling/cluster-autoscaler", "v1.36.1"
"""The release for Kubernetes 1.36; the chart's own is older."""


def cluster_autoscaler_values(
    cluster: ClusterFacts, spec: ClusterAutoscalerSpec, role_arn: pulumi.Input[str]
) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        spec: its settings.
        role_arn: its role; may be unknown.
    """
    variables = {one["name"]: one["value"] for one in aws_environment(role_arn, cluster.region)}
    match = {"app.kubernetes.io/name": "aws-cluster-autoscaler", "app.kubernetes.io/instance": NAME}
    return {
        # On workers it would run on nodes that it removes, and could not bring back the last of them.
        **CONTROL_PLANE,
        "fullnameOverride": NAME,
        "cloudProvider": "aws",
        # The chart makes a variable of the region by itself.
        "awsRegion": variables.pop("AWS_REGION"),
        "extraEnv": variables,
        "extraVolumes": [aws_volume()],
        "extraVolumeMounts": [aws_mount()],
        "autoDiscovery": {
            "clusterName": cluster.cluster_name,
            "tags": [f"{AUTOSCALER_TAG}/enabled", f"{AUTOSCALER_TAG}/{cluster.cluster_name}"],
        },
        "image": {"repository": cluster.image(IMAGE), "tag": TAG},
        "replicaCount": spec.replicas,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologySpreadConstraints": zone_spread(match),
        # It resolves names of AWS alone, and works while the cluster's DNS does not.
        "dnsPolicy": "Default",
        "rbac": {"serviceAccount": {"create": True, "name": NAME}},
        "resources": resources("50m", "300Mi", "600Mi"),
        "securityContext": non_root(),
        "containerSecurityContext": unprivileged(),
        "extraArgs": {
            "v": 2,
            "leader-elect": True,
            "expander": spec.expander,
            # A group has one part in each zone: they grow alike.
            "balance-similar-node-groups": True,
            # What runs in kube-system on workers is replicated; a node must not stay for its sake.
            "skip-nodes-with-system-pods": False,
            "scale-down-unneeded-time": f"{spec.idle_minutes}m",
            "scale-down-utilization-threshold": f"{spec.idle_percent / 100:g}",
        },
    }
