"""Namespaces and network policies: pod security, default limits, and default-deny in both directions."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import labels
from tripod.security.ports import API_SERVER

Level = Literal["privileged", "baseline", "restricted"]


def namespace(name: str, level: Level = "restricted", memory: str = "256Mi") -> list[Manifest]:
    """A namespace with limit range, default-deny and access to the cluster's DNS.

    Args:
        name: its name.
        level: its Pod Security level.
        memory: default memory limit of a container.
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
    """Default requests and limits of containers."""
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
    """A network policy of some pods.

    Args:
        name: the policy's name.
        namespace: its namespace.
        pods: the labels of the pods; {} for all.
        ingress: ingress rules; None leaves the direction out of the policy, [] denies everything.
        egress: egress rules; likewise.
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


def ports(*numbers: int | str, protocol: str = "TCP") -> list[JsonObject]:
    """Ports of a rule."""
    return [{"port": number, "protocol": protocol} for number in numbers]


def to_dns() -> JsonObject:
    """Egress rule to the cluster's DNS."""
    return {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [*ports(53), *ports(53, protocol="UDP")],
    }


def to_api(cluster: ClusterFacts) -> JsonObject:
    """Egress rule to the API, by its Service and its servers: network plugins match one address or the other."""
    servers = ranges(*cluster.control_ranges, f"{cluster.api_service}/32")
    return {"to": servers, "ports": ports(API_SERVER, 443)}


def ranges(*cidrs: str) -> list[JsonObject]:
    """Peers of a rule: ranges of addresses."""
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def any_pod() -> list[JsonObject]:
    """Peers of a rule: the pods of every namespace."""
    return [{"namespaceSelector": {}}]


def to_internet() -> list[JsonObject]:
    """Peers of a rule: all addresses, such as AWS, except the instance metadata service."""
    return [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
