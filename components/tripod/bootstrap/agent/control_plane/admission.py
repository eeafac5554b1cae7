"""What pods may be, where a namespace does not say otherwise."""

import json

EXEMPT_NAMESPACES = ("kube-system",)
"""The network plugin, storage drivers and the cloud controller are privileged. Nobody else's pods belong there."""


def admission_configuration() -> str:
    """The API server's admission configuration: Pod Security's defaults."""
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
