"""A namespace of ours: its level of pod security, defaults for bare pods, nothing open that is not opened."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import labels
from tripod.security.ports import API_SERVER

Level = Literal["privileged", "baseline", "restricted"]


def namespace(name: str, level: Level = "restricted", memory: str = "256Mi") -> list[Manifest]:
    """A namespace with what every one has.

    Args:
        name: its name.
        level: what its pods may ask of their nodes (PodSecurity).
        memory: how much memory a container may have that says nothing of it.
    """
    return [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": name,
                "labels": {**labels(name), "pod-security.kubernetes.io/enforce": level},
            },
        },
        limit_range(name, memory),
        network_policy("default-deny", name, {}, ingress=[], egress=[]),
        network_policy("dns", name, {}, egress=[to_dns()]),
    ]


def limit_range(name: str, memory: str) -> Manifest:
    """What a container gets that asks for nothing."""
    limit = {
        "type": "Container",
        "defaultRequest": {"cpu": "50m", "memory": "64Mi"},
        "default": {"memory": memory},
    }
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "defaults", "namespace": name, "labels": labels("defaults", name)},
        "spec": {"limits": [limit]},
    }


def network_policy(
    name: str,
    namespace: str,
    pods: Mapping[str, str],
    *,
    ingress: Sequence[Mapping[str, Any]] | None = None,
    egress: Sequence[Mapping[str, Any]] | None = None,
) -> Manifest:
    """What may speak with some pods, and with whom they may.

    Args:
        name: the policy's name.
        place: its namespace.
        pods: the labels of the pods; {} for all.
        ingress: rules inwards; None says nothing of this direction, [] lets nobody in.
        egress: rules outwards; likewise.
    """
    directions = {"Ingress": ingress, "Egress": egress}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "labels": labels(name, namespace)},
        "spec": {
            "podSelector": {"matchLabels": dict(pods)} if pods else {},
            "policyTypes": [direction for direction, rules in directions.items() if rules is not None],
            **{direction.lower(): [dict(rule) for rule in rules] for direction, rules in directions.items() if rules},
        },
    }


def ports(*numbers: int | str, protocol: str = "TCP") -> list[dict[str, Any]]:
    """Ports of a rule."""
    return [{"port": number, "protocol": protocol} for number in numbers]


def to_dns() -> dict[str, Any]:
    """Outwards to the cluster's DNS."""
    return {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [*ports(53), *ports(53, protocol="UDP")],
    }


def to_api(cluster: ClusterFacts) -> dict[str, Any]:
    """Outwards to the cluster's API, by its Service or by its servers: plugins look at one address or the other."""
    servers = ranges(*cluster.control_ranges, f"{cluster.api_service}/32")
    return {"to": servers, "ports": ports(API_SERVER, 443)}


def ranges(*cidrs: str) -> list[dict[str, Any]]:
    """Peers of a rule: ranges of addresses."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def any_pod() -> list[dict[str, Any]]:
    """Peers of a rule: the pods of every namespace."""
    return [{"namespaceSelector": {}}]


def to_internet() -> list[dict[str, Any]]:
    """Peers of a rule: what is outside the cluster, such as AWS, but for instances' metadata."""
    return [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
