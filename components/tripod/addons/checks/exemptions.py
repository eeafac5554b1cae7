"""Where an object may break a rule, and why: a line each, and no other place."""

from collections.abc import Mapping

EXEMPT: Mapping[str, Mapping[str, str]] = {
    "host": {
        "kube-system/DaemonSet/cilium": "it makes the network that other pods have",
        "kube-system/DaemonSet/cilium-envoy": "it takes what comes to a node's own addresses",
        "kube-system/DaemonSet/aws-node": "it makes the network that other pods have",
        "kube-system/Deployment/cilium-operator": "it runs before there is a network for pods",
        "kube-system/DaemonSet/aws-cloud-controller-manager": "it runs before there is a network for pods",
    },
}
"""Rule → ``namespace/Kind/name``, or the same and ``/container`` → the reason."""
