"""The kubeconfig of the stack's Pulumi program."""

import base64
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class ApiAccess:
    """The address of an API for clients outside the cluster.

    Attributes:
        server: the address to connect to.
        tls_server_name: the name to verify in its certificate; it holds through a tunnel too.
    """

    server: str
    tls_server_name: str


def api_access(mode: str, endpoint: str, tunnel_port: int, public_name: str | None) -> ApiAccess:
    """Choose an API's address by the cluster's access mode.

    Args:
        mode: ssm-tunnel, in-vpc-runner or public-allow-list.
        endpoint: the API's name and port within the VPC.
        tunnel_port: the local port of a tunnel on the operator's machine.
        public_name: the DNS name of the public load balancer; None if there is none.
    """
    name, _, port = endpoint.partition(":")
    if mode == "ssm-tunnel":
        return ApiAccess(f"https://127.0.0.1:{tunnel_port}", name)
    if mode == "public-allow-list" and public_name:
        return ApiAccess(f"https://{public_name}:{port}", name)
    return ApiAccess(f"https://{endpoint}", name)


def kubeconfig(cluster: str, access: ApiAccess, authority: str, certificate: str, private_key: str) -> str:
    """Render a kubeconfig with one context, as JSON, which is YAML too.

    Args:
        cluster: the cluster's name.
        access: its API's address.
        authority: the cluster CA's certificate (PEM).
        certificate: the user's certificate (PEM).
        private_key: its key (PEM).
    """
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": cluster,
            "clusters": [
                {
                    "name": cluster,
                    "cluster": {
                        "server": access.server,
                        "tls-server-name": access.tls_server_name,
                        "certificate-authority-data": _base64(authority),
                    },
                }
            ],
            "users": [
                {
                    "name": cluster,
                    "user": {
                        "client-certificate-data": _base64(certificate),
                        "client-key-data": _base64(private_key),
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        }
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
