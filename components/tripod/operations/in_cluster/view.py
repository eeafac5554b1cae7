"""In-cluster state, read through the Kubernetes API."""

import ssl
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from cryptography.x509 import load_pem_x509_certificate

from tripod.core.json_types import JsonMapping, JsonObject

ZONE = "topology.kubernetes.io/zone"


class UnreachableApiError(Exception):
    """The cluster's API does not answer. The message says what was tried."""


class Api(Protocol):
    """Requests to a cluster's API."""

    def list(self, api_version: str, kind: str) -> list[JsonObject] | None:
        """Every object of a kind; None if the cluster has no such kind."""
        ...

    def refusal(self, body: JsonMapping) -> str | None:
        """The reason for which an object would be refused; None if it would be accepted. Nothing is created."""
        ...

    def certificate_ends(self) -> datetime:
        """The end of validity of the API's serving certificate."""
        ...


class KubernetesApi:
    """A cluster's API, by its kubeconfig.

    Args:
        kubeconfig: the file.

    Raises:
        UnreachableApiError: the file is no kubeconfig, or nothing answers.
    """

    def __init__(self, kubeconfig: Path) -> None:
        # They take a third of a second to load, which a plan must not pay.
        from kubernetes import config, dynamic  # noqa: PLC0415

        self._lock = threading.Lock()
        try:
            client = cast("Any", config).new_client_from_config(str(kubeconfig))
            client.configuration.retries = 1
            self._server: str = client.configuration.host
            self._client = cast("Any", dynamic).DynamicClient(client)
        except Exception as error:
            raise UnreachableApiError(f"{kubeconfig}: {_one_line(error)}") from error

    def list(self, api_version: str, kind: str) -> list[JsonObject] | None:
        """Every object of a kind; None if the cluster has no such kind."""
        from kubernetes.dynamic.exceptions import ResourceNotFoundError  # noqa: PLC0415

        try:
            found = self._client.resources.get(api_version=api_version, kind=kind)
        except ResourceNotFoundError:
            return None
        return [item.to_dict() for item in self._client.get(found).items]

    def refusal(self, body: JsonMapping) -> str | None:
        """The reason for which an object would be refused; None if it would be accepted. Nothing is created."""
        from kubernetes.dynamic.exceptions import DynamicApiError  # noqa: PLC0415

        found = self._client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        try:
            self._client.create(found, body=dict(body), namespace=body["metadata"]["namespace"], dry_run="All")
        except DynamicApiError as error:
            return str(cast("Any", error).summary())
        return None

    def certificate_ends(self) -> datetime:
        """The end of validity of the API's serving certificate."""
        address = urlsplit(self._server)
        shown = ssl.get_server_certificate((address.hostname or "", address.port or 443), timeout=10)
        return load_pem_x509_certificate(shown.encode()).not_valid_after_utc


class ClusterView:
    """In-cluster state; each kind is listed once.

    Args:
        api: the cluster's API.
        survives: the failure that the cluster must survive: zone or node.
        now: the time.
    """

    def __init__(self, api: Api, survives: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.api = api
        self.survives = survives
        self.now = now
        self._known: dict[tuple[str, str], list[JsonObject] | None] = {}

    def objects(self, api_version: str, kind: str) -> list[JsonObject]:
        """Every object of a kind; empty if the cluster has no such kind."""
        key = (api_version, kind)
        if key not in self._known:
            self._known[key] = self.api.list(api_version, kind)
        return self._known[key] or []

    def has_kind(self, api_version: str, kind: str) -> bool:
        """True if the cluster has a kind."""
        self.objects(api_version, kind)
        return self._known[api_version, kind] is not None


def name_of(item: JsonMapping) -> str:
    """The name of an object: namespace/name."""
    metadata = item["metadata"]
    return "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)


def value_at(item: JsonMapping | None, *path: str) -> Any:
    """The value at a path of keys in an object; None if there is none."""
    for key in path:
        item = item.get(key) if item else None
    return item


def list_at(item: JsonMapping, *path: str) -> list[JsonObject]:
    """The list at a path of keys in an object; empty if there is none."""
    return value_at(item, *path) or []


def labels(item: JsonMapping) -> Mapping[str, str]:
    """An object's labels."""
    return value_at(item, "metadata", "labels") or {}


def is_ready(node: JsonMapping) -> bool:
    """True if a node, or a pod, is ready."""
    return any(one["type"] == "Ready" and one["status"] == "True" for one in list_at(node, "status", "conditions"))


def _one_line(error: Exception) -> str:
    """An error in a line."""
    return " ".join(str(error).split())[:300] or type(error).__name__
