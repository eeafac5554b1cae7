"""Readiness of an API, asked as the holder of a kubeconfig."""

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import urlsplit

import yaml

from tripod.core.json_types import JsonObject

ASK_SECONDS = 5
NODE_LABEL = "node-role.kubernetes.io/control-plane"


class ApiUnreachableError(Exception):
    """The API does not answer, or not as this cluster's API."""


@dataclass(frozen=True)
class ApiClient:
    """A client of an API, by a kubeconfig.

    Attributes:
        host: the host to connect to.
        port: its port.
        name: the name in its certificate.
        context: the authority to trust and the caller's certificate.
    """

    host: str
    port: int
    name: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: str) -> "ApiClient":
        """A client by a kubeconfig with one cluster and one user with a certificate, as `Cluster` makes it."""
        config = cast("JsonObject", yaml.safe_load(kubeconfig))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        address = urlsplit(str(cluster["server"]))
        context = ssl.create_default_context(cadata=_decoded(cluster["certificate-authority-data"]))
        # The standard library loads a key from a file alone.
        with TemporaryDirectory() as folder:
            file = Path(folder) / "client.pem"
            file.touch(0o600)
            file.write_text(_decoded(user["client-certificate-data"]) + _decoded(user["client-key-data"]))
            context.load_cert_chain(file)
        host = address.hostname or ""
        return cls(host, address.port or 443, str(cluster.get("tls-server-name") or host), context)

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of an answer.

        Raises:
            ApiUnreachableError: there is no answer within 5 s, or another server's.
        """
        connection = http.client.HTTPConnection(self.host, self.port, timeout=ASK_SECONDS)
        try:
            plain = socket.create_connection((self.host, self.port), ASK_SECONDS)
            connection.sock = self.context.wrap_socket(plain, server_hostname=self.name)
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise ApiUnreachableError(f"{self.host}:{self.port}: {error or type(error).__name__}") from error
        finally:
            connection.close()


def unready_reason(api: ApiClient) -> str:
    """Return why an API server is not ready; empty if it is."""
    try:
        status, text = api.get("/readyz?verbose")
    except ApiUnreachableError as error:
        return f"the API does not answer: {error}"
    if status == http.client.OK:
        return ""
    failed = [line.removeprefix("[-]") for line in text.splitlines() if line.startswith("[-]")]
    return f"the API answers /readyz with {status}: {'; '.join(failed) or text.strip()[:200]}"


def missing_nodes(api: ApiClient, nodes: int) -> str:
    """Return which control-plane nodes have registered if some have not; empty if all have.

    Args:
        api: the API.
        nodes: the number that must have registered.
    """
    try:
        status, text = api.get(f"/api/v1/nodes?labelSelector={NODE_LABEL}")
    except ApiUnreachableError as error:
        return f"the API does not answer: {error}"
    if status != http.client.OK:
        return f"the API does not list nodes ({status}): the kubeconfig's certificate is not accepted"
    found: list[Mapping[str, JsonObject]] = json.loads(text)["items"]
    names = sorted(node["metadata"]["name"] for node in found)
    if len(names) < nodes:
        return f"{len(names)} of {nodes} control-plane nodes have registered ({', '.join(names) or 'none'})"
    return ""


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
