"""The controller that resolves network policies to pods for the AWS VPC CNI's agents. On EKS, AWS runs it.

It has no published chart, and creates its own custom resource definitions.
"""

from collections.abc import Sequence

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    CONTROL_PLANE,
    cluster_role,
    cluster_role_binding,
    disruption_budget,
    http_probe,
    metadata,
    non_root,
    resources,
    selector,
    service_account,
    unprivileged,
    workload,
    zone_spread,
)

NAME, NAMESPACE = "amazon-network-policy-controller-k8s", "kube-system"
IMAGE = "public.ecr.aws/eks/amazon-network-policy-controller-k8s:v1.1.7"

_HEALTH = 8081
_READ, _CHANGE = ("get", "list", "watch"), ("get", "patch", "update")
_POLICIES = ("applicationnetworkpolicies", "clusternetworkpolicies")
_ENDPOINTS = ("clusterpolicyendpoints", "policyendpoints")


def policy_controller(cluster: ClusterFacts) -> list[Manifest]:
    """All objects of the network policy controller."""
    return [
        service_account(NAME, NAMESPACE),
        cluster_role(NAME, _cluster_rules()),
        cluster_role_binding(NAME, NAME, NAME, NAMESPACE),
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": metadata(NAME, NAMESPACE),
            "rules": _election_rules(),
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata(NAME, NAMESPACE),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": NAME},
            "subjects": [{"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}],
        },
        _deployment(cluster),
        disruption_budget(NAME, NAMESPACE, selector(NAME)),
    ]


def _rule(group: str, kinds: Sequence[str], verbs: Sequence[str], *names: str) -> JsonObject:
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": list(kinds), "verbs": list(verbs), **named}


def _cluster_rules() -> list[JsonObject]:
    own = "networking.k8s.aws"
    both = (*_POLICIES, *_ENDPOINTS)
    return [
        _rule("", ("namespaces", "pods", "services"), _READ),
        _rule("networking.k8s.io", ("networkpolicies",), (*_READ, "patch", "update")),
        _rule(own, _POLICIES, (*_READ, "patch", "update")),
        _rule(own, _ENDPOINTS, (*_READ, "create", "delete", "patch", "update")),
        _rule(own, [f"{kind}/finalizers" for kind in both], ("update",)),
        _rule(own, [f"{kind}/status" for kind in both], _CHANGE),
        _rule("apiextensions.k8s.io", ("customresourcedefinitions",), (*_READ, "create")),
    ]


def _election_rules() -> list[JsonObject]:
    return [
        _rule("coordination.k8s.io", ("leases",), ("create",)),
        _rule("coordination.k8s.io", ("leases",), _CHANGE, NAME),
        _rule("", ("events",), ("create", "patch")),
    ]


def _deployment(cluster: ClusterFacts) -> Manifest:
    container = {
        "name": "controller",
        "image": cluster.image(IMAGE),
        "args": ["--enable-configmap-check=false"],
        "resources": resources("50m", "64Mi", "1Gi"),
        "livenessProbe": http_probe("/healthz", _HEALTH, initialDelaySeconds=15),
        "readinessProbe": http_probe("/readyz", _HEALTH),
        "securityContext": unprivileged(),
    }
    pod = {
        **CONTROL_PLANE,
        "serviceAccountName": NAME,
        "priorityClassName": "system-cluster-critical",
        "securityContext": non_root(),
        "topologySpreadConstraints": zone_spread(selector(NAME)),
        "containers": [container],
    }
    return workload("Deployment", NAME, NAMESPACE, pod, {"replicas": 2})
