"""RBAC: four roles for people and pipelines, and the bindings of nodes that join.

Beside these there is the break-glass credential. No file with it lies on a node: kubeadm's super-admin.conf is
removed, since its group bypasses RBAC and a copy of the file stays valid for its year. An operator with a session on
a control-plane node (CloudTrail records it) makes one that lasts an hour:

    kubeadm kubeconfig user --config /etc/kubernetes/kubeadm.yaml --client-name break-glass:NAME \
        --org system:masters --validity-period 1h
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from ..core.typed_json import JsonObject
from ..node.join_token import WORKERS_GROUP

_API = "rbac.authorization.k8s.io"
_VERSION = f"{_API}/v1"

_READ = ("get", "list", "watch")
_WRITE = ("create", "update", "patch", "delete", "deletecollection")

VIEWER, OPERATOR, DEPLOYER, PREVIEW = "viewer", "operator", "deployer", "ci-preview"
ROLES = (VIEWER, OPERATOR, DEPLOYER, PREVIEW)

SYSTEM_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")

Rule = Mapping[str, Sequence[str]]


def _rule(verbs: Sequence[str], group: str, *resources: str) -> Rule:
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


_WORKLOADS: dict[str, tuple[str, ...]] = {
    "": ("configmaps", "endpoints", "persistentvolumeclaims", "pods", "serviceaccounts", "services"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
}
"""Resources of applications, except Secrets."""

_OTHER_READABLE: dict[str, tuple[str, ...]] = {
    "": (
        *("events", "limitranges", "namespaces", "nodes", "persistentvolumes", "replicationcontrollers"),
        *("resourcequotas", "pods/log", "pods/status"),
    ),
    "admissionregistration.k8s.io": ("*",),
    "apiextensions.k8s.io": ("customresourcedefinitions",),
    "apiregistration.k8s.io": ("apiservices",),
    "apps": ("controllerrevisions",),
    "certificates.k8s.io": ("certificatesigningrequests",),
    "coordination.k8s.io": ("leases",),
    "discovery.k8s.io": ("endpointslices",),
    "events.k8s.io": ("events",),
    "metrics.k8s.io": ("nodes", "pods"),
    "networking.k8s.io": ("ingressclasses",),
    "node.k8s.io": ("runtimeclasses",),
    _API: ("clusterrolebindings", "clusterroles", "rolebindings", "roles"),
    "scheduling.k8s.io": ("priorityclasses",),
    "storage.k8s.io": ("csidrivers", "csinodes", "storageclasses", "volumeattachments"),
    # What the add-ons bring. None of these holds a secret's value.
    "cert-manager.io": ("*",),
    "acme.cert-manager.io": ("*",),
    "cilium.io": ("*",),
    "gateway.networking.k8s.io": ("*",),
    "monitoring.coreos.com": ("*",),
    "snapshot.storage.k8s.io": ("*",),
}

VIEWER_RULES = tuple(
    _rule(_READ, group, *resources) for kinds in (_WORKLOADS, _OTHER_READABLE) for group, resources in kinds.items()
)
"""Read access to everything except Secrets, without commands in pods."""

# No exec: from a pod of kube-system it leads to the node, and from a control-plane node to every key.
OPERATOR_RULES = (
    *VIEWER_RULES,
    _rule(("delete",), "", "pods"),
    _rule(("create",), "", "pods/eviction"),
    # Cordon, and take a node that is gone out of the list.
    _rule(("patch", "delete"), "", "nodes"),
    # Restart and scale.
    _rule(("patch",), "apps", "daemonsets", "deployments", "statefulsets"),
    _rule(("get", "update", "patch"), "apps", "deployments/scale", "replicasets/scale", "statefulsets/scale"),
    _rule(("patch",), "autoscaling", "horizontalpodautoscalers"),
    _rule(("create", "delete"), "batch", "jobs"),
)

DEPLOYER_RULES = (
    *VIEWER_RULES,
    *(_rule(_WRITE, group, *resources) for group, resources in _WORKLOADS.items()),
    _rule(("get", "update", "patch"), "apps", "deployments/scale", "replicasets/scale", "statefulsets/scale"),
)

SECRET_RULES = (
    _rule((*_READ, *_WRITE), "", "secrets"),
    _rule(("create", "get"), "", "pods/exec", "pods/portforward"),
)
"""Rules for a team's pipeline in the team's own namespaces only."""


def manifests(groups: Mapping[str, Sequence[str]]) -> list[JsonObject]:
    """Render the roles and their bindings.

    Args:
        groups: role → groups that have it.

    Raises:
        ValueError: there is no such role.
    """
    unknown = sorted(groups.keys() - set(ROLES))
    if unknown:
        raise ValueError(f"there is no role {unknown[0]!r}: there are {', '.join(ROLES)}")
    rules = {VIEWER: VIEWER_RULES, OPERATOR: OPERATOR_RULES, DEPLOYER: DEPLOYER_RULES, PREVIEW: VIEWER_RULES}
    made = [_cluster_role(f"tripod:{role}", rules[role]) for role in ROLES]
    # Bound by RoleBindings in teams' namespaces, made with the namespace.
    made.append(_cluster_role("tripod:deployer:secrets", SECRET_RULES))
    # A role without a group has a binding without subjects: a group that is taken away loses it.
    made.extend(_binding(f"tripod:{role}", f"tripod:{role}", groups.get(role, ())) for role in ROLES)
    made.extend(_system_namespaces_policy(groups.get(DEPLOYER, ())))
    return [*made, *join_bindings()]


def join_bindings() -> list[JsonObject]:
    """Render the bindings of workers that join with our token; the roles are kubeadm's."""
    return [
        _binding("tripod:join", "system:node-bootstrapper", (WORKERS_GROUP,)),
        _binding("tripod:join:get-nodes", "kubeadm:get-nodes", (WORKERS_GROUP,)),
        *(
            {
                "apiVersion": _VERSION,
                "kind": "RoleBinding",
                "metadata": {"name": f"tripod:join:{name}", "namespace": "kube-system"},
                "roleRef": {"apiGroup": _API, "kind": "Role", "name": f"kubeadm:{name}"},
                "subjects": _subjects((WORKERS_GROUP,)),
            }
            for name in ("kubelet-config", "nodes-kubeadm-config")
        ),
    ]


def _system_namespaces_policy(deployers: Sequence[str]) -> list[JsonObject]:
    """Keep deployers out of the system's namespaces, where a pod may be privileged. RBAC has no deny rules."""
    name = "tripod-system-namespaces"
    is_deployer = f"request.userInfo.groups.exists(group, group in {json.dumps(sorted(deployers))})"
    return [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {
                    "namespaceSelector": {
                        "matchExpressions": [
                            {
                                "key": "kubernetes.io/metadata.name",
                                "operator": "In",
                                "values": list(SYSTEM_NAMESPACES),
                            }
                        ]
                    },
                    "resourceRules": [
                        {
                            "apiGroups": ["*"],
                            "apiVersions": ["*"],
                            "operations": ["CREATE", "UPDATE", "DELETE"],
                            "resources": ["*"],
                            "scope": "Namespaced",
                        }
                    ],
                },
                "matchConditions": [{"name": "deployers", "expression": is_deployer}],
                "validations": [
                    {
                        "expression": "false",
                        "message": "deployers have no business in the system's namespaces",
                        "reason": "Forbidden",
                    }
                ],
            },
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    ]


def _cluster_role(name: str, rules: Iterable[Rule]) -> JsonObject:
    return {"apiVersion": _VERSION, "kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules)}


def _binding(name: str, role: str, groups: Sequence[str]) -> JsonObject:
    return {
        "apiVersion": _VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _API, "kind": "ClusterRole", "name": role},
        "subjects": _subjects(groups),
    }


def _subjects(groups: Sequence[str]) -> list[dict[str, str]]:
    return [{"apiGroup": _API, "kind": "Group", "name": group} for group in groups]
