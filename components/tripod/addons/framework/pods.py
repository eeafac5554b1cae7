"""Parts of pods common to add-ons: labels, spread, RBAC, budgets, credentials of AWS."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

from tripod.addons.framework.objects import JsonObject, Manifest

TOKEN_FOLDER = "/var/run/secrets/tripod/aws"  # noqa: S105 - a path
TOKEN_AUDIENCE = "sts.amazonaws.com"  # noqa: S105 - an audience
TOKEN_SECONDS = 3600

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"


def labels(name: str, part_of: str | None = None) -> dict[str, str]:
    """The labels of an object.

    Args:
        name: its name.
        part_of: the add-on that it belongs to; by default its own name.
    """
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": part_of or name,
        "app.kubernetes.io/managed-by": "tripod",
    }


def selector(name: str) -> dict[str, str]:
    """The labels that select an add-on's pods; they never change, since a selector cannot."""
    return {"app.kubernetes.io/name": name}


def metadata(name: str, namespace: str | None = None, part_of: str | None = None) -> JsonObject:
    """An object's metadata.

    Args:
        name: its name.
        namespace: its namespace; None for a cluster-scoped object.
        part_of: the add-on that it belongs to; by default its own name.
    """
    place = {"namespace": namespace} if namespace else {}
    return {"name": name, **place, "labels": labels(name, part_of)}


def zone_spread(match: Mapping[str, str]) -> list[JsonObject]:
    """Spread replicas over zones and nodes as evenly as there is room.

    Args:
        match: the labels that select the pods.
    """
    return [
        {
            "topologyKey": key,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(match)},
        }
        for key in (ZONE, HOSTNAME)
    ]


def resources(cpu: str, memory: str, memory_limit: str | None = None) -> JsonObject:
    """Resource requests and the memory limit of a container. CPU is not limited: it is shared.

    Args:
        cpu: such as 50m.
        memory: such as 64Mi.
        memory_limit: by default the same as the request.
    """
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory_limit or memory}}


def http_probe(path: str, port: int | str, **more: Any) -> JsonObject:
    """A probe over HTTP."""
    return {"httpGet": {"path": path, "port": port}, **more}


def scrape_annotations(port: int, **more: str) -> dict[str, str]:
    """Annotations of pods and Services that the collectors scrape.

    Args:
        port: the metrics port.
        **more: further settings, such as path.
    """
    settings = {"scrape": "true", "port": str(port), **more}
    return {f"prometheus.io/{name}": value for name, value in settings.items()}


def unprivileged(*capabilities: str) -> JsonObject:
    """The security context of a container that needs no rights on its node but some capabilities."""
    allowed = {"add": list(capabilities)} if capabilities else {}
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], **allowed},
    }


def non_root(user: int = 65532) -> JsonObject:
    """The security context of a pod whose containers run as an ordinary user."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


EVERYWHERE = [{"operator": "Exists"}]
"""Tolerations of pods that run on every node, tainted or not."""

CONTROL_PLANE: Mapping[str, Any] = {
    "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
    "tolerations": [
        {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "node.cloudprovider.kubernetes.io/uninitialized", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"},
    ],
}
"""Placement on control-plane nodes, ready or not: of pods that the cluster cannot start without."""


def aws_environment(role_arn: pulumi.Input[str], region: str) -> list[JsonObject]:
    """Variables by which an AWS SDK finds its role and its token.

    Args:
        role_arn: the role; may be unknown.
        region: the region.
    """
    return [
        {"name": "AWS_ROLE_ARN", "value": role_arn},
        {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{TOKEN_FOLDER}/token"},
        {"name": "AWS_REGION", "value": region},
        {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
    ]


def aws_volume() -> JsonObject:
    """The volume with a pod's token for AWS STS, which the kubelet renews."""
    token = {"audience": TOKEN_AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": "token"}
    return {"name": "aws-token", "projected": {"sources": [{"serviceAccountToken": token}]}}


def aws_mount() -> JsonObject:
    """The mount of the token's volume in a container."""
    return {"name": "aws-token", "mountPath": TOKEN_FOLDER, "readOnly": True}


def service_account(name: str, namespace: str, part_of: str | None = None) -> Manifest:
    """A service account; its token is mounted unless a pod turns that off."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name, namespace, part_of)}


def config_map(name: str, namespace: str, part_of: str, files: Mapping[str, pulumi.Input[str]]) -> Manifest:
    """A ConfigMap of files.

    Args:
        name: the object's name.
        namespace: its namespace.
        part_of: the add-on that it belongs to.
        files: file → text; may be unknown.
    """
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(name, namespace, part_of),
        "data": dict(files),
    }


TENTH: Mapping[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}
"""A tenth of the nodes at a time. Kubernetes rounds up: however many there are, it takes ten steps at most."""

ROLLING: Mapping[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}
"""Update strategy of DaemonSets: a quarter of the nodes at a time."""


def workload(
    kind: Literal["DaemonSet", "Deployment"],
    name: str,
    namespace: str,
    pod: Mapping[str, Any],
    spec: Mapping[str, Any],
    *,
    match: Mapping[str, str] | None = None,
    part_of: str | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """A DaemonSet or Deployment.

    Args:
        kind: its kind.
        name: its name.
        namespace: its namespace.
        pod: the specification of its pods.
        spec: further fields of its own specification, such as replicas.
        match: the labels that select its pods; by default `selector`'s.
        part_of: the add-on that it belongs to; by default its own name.
        annotations: annotations of its pods.
    """
    match = match or selector(name)
    pod_metadata = {"labels": {**labels(name, part_of), **match}}
    if annotations is not None:
        pod_metadata["annotations"] = dict(annotations)
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata(name, namespace, part_of),
        "spec": {
            "selector": {"matchLabels": dict(match)},
            **spec,
            "template": {"metadata": pod_metadata, "spec": dict(pod)},
        },
    }


def disruption_budget(name: str, namespace: str, match: Mapping[str, str]) -> Manifest:
    """A budget: of an add-on's replicas at most one is taken away at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(name, namespace),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": dict(match)}},
    }


def cluster_role(name: str, rules: Sequence[Mapping[str, Any]]) -> Manifest:
    """A cluster role: RBAC rules in the whole cluster."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata(name),
        "rules": [dict(rule) for rule in rules],
    }


def cluster_role_binding(name: str, role: str, account: str, namespace: str) -> Manifest:
    """A cluster role binding of a service account.

    Args:
        name: the binding's name.
        role: the cluster role.
        account: the service account.
        namespace: the namespace of the service account.
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": metadata(name),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }
