"""Exemptions from the rules, each with its reason, and nowhere else."""

from collections.abc import Mapping

_ELECTED = "it serves nobody, and its chart has no probe for it: one that hangs loses its lease to another"
_DRIVER, _DRIVER_NODE = "kube-system/Deployment/ebs-csi-controller", "kube-system/DaemonSet/ebs-csi-node"
_CLOUD = "kube-system/DaemonSet/aws-cloud-controller-manager/aws-cloud-controller-manager"

_UNASKED: Mapping[str, str] = {
    _CLOUD: "its chart has no place for a probe; one that loses its lease ends",
    "kube-system/DaemonSet/aws-node/aws-eks-nodeagent": "its chart has no place for a probe",
    f"{_DRIVER}/csi-attacher": _ELECTED,
    f"{_DRIVER}/csi-provisioner": _ELECTED,
    f"{_DRIVER}/csi-resizer": _ELECTED,
    f"{_DRIVER}/csi-snapshotter": _ELECTED,
    f"{_DRIVER}/liveness-probe": "it is what answers the driver's probe",
    f"{_DRIVER_NODE}/liveness-probe": "it is what answers the driver's probe",
    "cert-manager/Deployment/cert-manager-cainjector/cert-manager-cainjector": _ELECTED,
}

EXEMPT: Mapping[str, Mapping[str, str]] = {
    "host": {
        "kube-system/DaemonSet/cilium": "it makes the network that other pods have",
        "kube-system/DaemonSet/cilium-envoy": "it takes what comes to a node's own addresses",
        "kube-system/DaemonSet/aws-node": "it makes the network that other pods have",
        "kube-system/DaemonSet/kube-proxy": "it makes the addresses that Services have on its node",
        "kube-system/Deployment/cilium-operator": "it runs before there is a network for pods",
        "kube-system/DaemonSet/aws-cloud-controller-manager": "it runs before there is a network for pods",
        "monitoring/DaemonSet/node-exporter": "figures of the node's network are those of the network that it is in",
        "monitoring/DaemonSet/collector-control-plane": "controller manager and scheduler listen on loopback alone",
    },
    "liveness": _UNASKED,
    "readiness": {
        **_UNASKED,
        "cert-manager/Deployment/cert-manager/cert-manager-controller": _ELECTED,
        "kube-system/Deployment/cluster-autoscaler/aws-cluster-autoscaler": "nobody calls it; one of them decides",
        f"{_DRIVER_NODE}/node-driver-registrar": "nobody calls it; it tells the kubelet of the driver",
    },
}
"""Rule → ``namespace/Kind/name``, or the same and ``/container`` → the reason."""
