"""The cloud controller's configuration, and the values of its chart."""

import hashlib

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import EVERYWHERE, config_map, non_root, resources, unprivileged
from tripod.security import ports

NAME, NAMESPACE = "aws-cloud-controller-manager", "kube-system"
CONFIG = "aws-cloud-config"
IMAGE, TAG = "registry.k8s.io/provider-aws/cloud-controller-manager", "v1.36.1"
"""The release for Kubernetes 1.36; the chart's own is older."""

_FOLDER = "/etc/tripod/cloud"


def cloud_config(cluster: ClusterFacts) -> Manifest:
    """The controller's configuration: the cluster's name, and a managed security group for each load balancer.

    It changes no group of nodes (DisableSecurityGroupIngress, pkg/providers/v1/config/config.go of cloud-provider-aws
    1.36.1): the security matrix has rules for its load balancers.
    """
    text = (
        f"[Global]\nKubernetesClusterID={cluster.cluster_name}\nNLBSecurityGroupMode=Managed\n"
        "DisableSecurityGroupIngress=true\n"
    )
    return config_map(CONFIG, NAMESPACE, NAME, {"cloud.conf": text})


def cloud_controller_values(cluster: ClusterFacts, config: Manifest) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        config: the configuration; the pods are replaced when it changes.
    """
    digest = hashlib.sha256(config["data"]["cloud.conf"].encode()).hexdigest()[:16]
    return {
        "image": {"repository": cluster.image(IMAGE), "tag": TAG},
        "args": [
            "--v=2",
            "--cloud-provider=aws",
            f"--cloud-config={_FOLDER}/cloud.conf",
            f"--cluster-name={cluster.cluster_name}",
            # Pods have a network of their own, or addresses of the VPC: neither needs routes.
            "--allocate-node-cidrs=false",
            "--configure-cloud-routes=false",
        ],
        # Until it has run, every node is tainted, Services have no addresses and pods no network.
        "hostNetworking": True,
        "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
        "tolerations": EVERYWHERE,
        "env": [
            {"name": "KUBERNETES_SERVICE_HOST", "value": "127.0.0.1"},
            {"name": "KUBERNETES_SERVICE_PORT", "value": str(ports.API_SERVER)},
        ],
        "resources": resources("50m", "100Mi", "300Mi"),
        "podAnnotations": {"tripod/cloud-config": digest},
        "podSecurityContext": non_root(),
        "securityContext": unprivileged(),
        "extraVolumes": [{"name": "config", "configMap": {"name": CONFIG}}],
        "extraVolumeMounts": [{"name": "config", "mountPath": _FOLDER, "readOnly": True}],
    }
