"""node-exporter's objects: metrics of every node."""

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    EVERYWHERE,
    ROLLING,
    http_probe,
    non_root,
    resources,
    service_account,
    unprivileged,
    workload,
)
from tripod.addons.metrics.scrapes import NODE_EXPORTER_PORT
from tripod.addons.telemetry.common import field_variable
from tripod.addons.telemetry.jobs import NAMESPACE

NAME, PART_OF = "node-exporter", "metrics"
IMAGE = "quay.io/prometheus/node-exporter:v1.12.1"

_ROOT = "/host"
_TRANSIENT_MOUNTS = "^/(dev|proc|sys|run|var/lib/(containerd|kubelet)/.+)($|/)"
"""Mount points of containers and of the kernel, which come and go."""


def node_exporter(cluster: ClusterFacts) -> list[Manifest]:
    """All objects of node-exporter."""
    return [
        service_account(NAME, NAMESPACE, PART_OF),
        workload("DaemonSet", NAME, NAMESPACE, _pod(cluster), {"updateStrategy": ROLLING}, part_of=PART_OF),
    ]


def _pod(cluster: ClusterFacts) -> JsonObject:
    probe = http_probe("/", NODE_EXPORTER_PORT)
    container = {
        "name": NAME,
        "image": cluster.image(IMAGE),
        "args": [
            # No security group allows this port: it is reached from the node alone.
            f"--web.listen-address=$(NODE_IP):{NODE_EXPORTER_PORT}",
            f"--path.rootfs={_ROOT}",
            f"--path.procfs={_ROOT}/proc",
            f"--path.sysfs={_ROOT}/sys",
            f"--collector.filesystem.mount-points-exclude={_TRANSIENT_MOUNTS}",
            "--collector.netclass.ignored-devices=^(lxc|veth|eni|cilium).*",
            "--collector.netdev.device-exclude=^(lxc|veth|eni|cilium).*",
            "--no-collector.wifi",
        ],
        "env": [field_variable("NODE_IP", "status.hostIP")],
        "ports": [{"name": "metrics", "containerPort": NODE_EXPORTER_PORT, "protocol": "TCP"}],
        "resources": resources("20m", "32Mi", "128Mi"),
        "livenessProbe": probe,
        "readinessProbe": probe,
        "securityContext": unprivileged(),
        "volumeMounts": [{"name": "root", "mountPath": _ROOT, "readOnly": True, "mountPropagation": "HostToContainer"}],
    }
    return {
        "serviceAccountName": NAME,
        "automountServiceAccountToken": False,
        "priorityClassName": "system-node-critical",
        "tolerations": EVERYWHERE,
        # Network metrics are those of the network namespace that it runs in.
        "hostNetwork": True,
        "securityContext": non_root(),
        "containers": [container],
        "volumes": [{"name": "root", "hostPath": {"path": "/", "type": "Directory"}}],
    }
