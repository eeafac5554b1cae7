"""Anonymous access to the API server: health endpoints only."""

import json

ANONYMOUS_PATHS = ("/livez", "/readyz", "/healthz")
"""The load balancer's health check and the kubelet's probes have no credentials."""


def authentication_configuration() -> str:
    """Render the API server's authentication configuration: only health endpoints are anonymous.

    `anonymous-auth=false` would refuse these three as well, and the load balancer would find no healthy server.
    """
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AuthenticationConfiguration",
            "anonymous": {"enabled": True, "conditions": [{"path": path} for path in ANONYMOUS_PATHS]},
        },
        indent=1,
    )
