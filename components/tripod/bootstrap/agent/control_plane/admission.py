"""Pod Security defaults, for namespaces without their own labels."""

import json

EXEMPT_NAMESPACES = ("kube-system",)
"""The network plugin, storage drivers and the cloud controller are privileged. No other pods belong there."""


def admission_configuration() -> str:
    """Render the API server's admission configuration: the defaults of Pod Security."""
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AdmissionConfiguration",
            "plugins": [
                {
                    "name": "PodSecurity",
                    "configuration": {
                        "apiVersion": "pod-security.admission.config.k8s.io/v1",
                        "kind": "PodSecurityConfiguration",
                        "defaults": {
                            "enforce": "baseline",
                            "enforce-version": "latest",
                            "audit": "restricted",
                            "audit-version": "latest",
                            "warn": "restricted",
                            "warn-version": "latest",
                        },
                        "exemptions": {"usernames": [], "runtimeClasses": [], "namespaces": list(EXEMPT_NAMESPACES)},
                    },
                }
            ],
        },
        indent=1,
    )
