"""Audit policy of the API server: users and their actions, without secrets."""

import json

_READING = ["get", "list", "watch"]
_WRITING = ["create", "update", "patch", "delete", "deletecollection"]

_SECRETIVE = [
    {
        "group": "",
        "resources": ["secrets", "secrets/*", "configmaps", "configmaps/*", "serviceaccounts/token"],
    },
    {"group": "authentication.k8s.io", "resources": ["tokenreviews", "tokenreviews/*"]},
]
"""Resources with secrets in their bodies, or possibly so."""

_RIGHTS = [
    {"group": "rbac.authorization.k8s.io"},
    {"group": "admissionregistration.k8s.io"},
    {"group": "certificates.k8s.io"},
    {"group": "networking.k8s.io", "resources": ["networkpolicies"]},
]
"""Resources that govern access: their changes are logged with the body."""

_SYSTEM = [
    "system:kube-controller-manager",
    "system:kube-scheduler",
    "system:apiserver",
    "system:serviceaccount:kube-system:generic-garbage-collector",
    "system:serviceaccount:kube-system:namespace-controller",
    "system:serviceaccount:kube-system:resourcequota-controller",
]
"""Components that read all objects continuously."""


def audit_policy() -> str:
    """Render the audit policy. The first matching rule decides."""
    return json.dumps(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "omitManagedFields": True,
            "rules": _rules(),
        },
        indent=1,
    )


def _rules() -> list[dict[str, object]]:
    return [
        # First, so that no later rule can log such a body.
        {"level": "Metadata", "resources": _SECRETIVE},
        # Every few seconds, and no user's action.
        {"level": "None", "nonResourceURLs": ["/livez*", "/readyz*", "/healthz*", "/version", "/openapi/*"]},
        {"level": "None", "verbs": _READING, "users": _SYSTEM},
        {"level": "None", "verbs": _READING, "userGroups": ["system:nodes"]},
        {
            "level": "None",
            "userGroups": ["system:nodes"],
            "resources": [
                {"group": "coordination.k8s.io", "resources": ["leases"]},
                {"group": "", "resources": ["nodes/status", "pods/status", "events"]},
                {"group": "events.k8s.io", "resources": ["events"]},
            ],
        },
        {
            "level": "None",
            "users": _SYSTEM,
            "resources": [
                {"group": "coordination.k8s.io", "resources": ["leases"]},
                {"group": "", "resources": ["events"]},
                {"group": "events.k8s.io", "resources": ["events"]},
            ],
        },
        {"level": "Request", "verbs": _WRITING, "resources": _RIGHTS},
        # Metadata only of everything else: bodies of other resources may carry
        # passwords in variables.
        {"level": "Metadata"},
    ]
