"""Kubernetes objects in a rehearsal: applied to an API server, or compared with their schema."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, cast

from tripod.addons.framework.objects import is_builtin
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration
from tripod.rehearsal.rollout import failed, unfinished
from tripod.rehearsal.schema_check import schema_errors

KUBERNETES_TYPE = "kubernetes:"
RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
FIELD_MANAGER = "tripod"
AWAIT_SECONDS = 300.0
_POLL_SECONDS = 0.2


class ObjectResult(Enum):
    """Result of an object's rehearsal."""

    APPLIED = "applied to the API server"
    COMPARED = "compared with its schema"
    AWAITS_KIND = "waits for a chart that brings its kind"
    NOT_INSTALLED = "a Helm release, which a rehearsal does not install"


class RefusedObjectError(Exception):
    """An object that Kubernetes would not take. The message names it."""


class Objects(Protocol):
    """Destination of Kubernetes objects."""

    @property
    def results(self) -> Mapping[str, ObjectResult]:
        """Result by URN."""
        ...

    def put(self, registration: Registration) -> None:
        """Take an object.

        Raises:
            RefusedObjectError: it is not one that Kubernetes takes.
        """
        ...


def object_id(inputs: JsonMapping) -> str:
    """The id of an object, or of a release: its namespace, where it has one, and its name."""
    metadata: JsonMapping = inputs.get("metadata") or inputs
    return "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)


@dataclass
class ComparedObjects:
    """Without an API server: objects are compared with the SDK's types.

    Attributes:
        results: URN → result.
    """

    results: dict[str, ObjectResult] = field(default_factory=dict[str, ObjectResult])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, registration: Registration) -> None:
        """Compare an object.

        Raises:
            RefusedObjectError: it has unknown fields, lacks some, or has values of wrong types.
        """
        if registration.type == RELEASE_TYPE:
            self.results[registration.urn] = ObjectResult.NOT_INSTALLED
            return
        inputs = plain(registration.inputs)
        if not is_builtin(inputs["apiVersion"]):
            self.results[registration.urn] = ObjectResult.AWAITS_KIND
            return
        # The SDK loads its types when they are first asked for, and not by two threads at a time.
        with self._lock:
            found = schema_errors(inputs)
        if found:
            raise RefusedObjectError(f"{registration.type} {registration.name}: {'; '.join(found)}")
        self.results[registration.urn] = ObjectResult.COMPARED


class AppliedObjects:
    """With an API server: objects are applied to it by server-side apply, with strict validation of their fields.

    What runs pods is waited for, as the engine does, where there are nodes.

    Args:
        kubeconfig: the kubeconfig of the API server.
        await_seconds: timeout for pods to be ready.

    Attributes:
        results: URN → result.
    """

    def __init__(self, kubeconfig: Path, await_seconds: float = AWAIT_SECONDS) -> None:
        # They take a third of a second to load, which a plan must not pay.
        from kubernetes import config, dynamic  # noqa: PLC0415

        self.results: dict[str, ObjectResult] = {}
        self._lock = threading.Lock()
        self._await_seconds = await_seconds
        self._client: Any = cast("Any", dynamic).DynamicClient(
            cast("Any", config).new_client_from_config(str(kubeconfig))
        )
        nodes = self._client.resources.get(api_version="v1", kind="Node")
        self._has_nodes = bool(self._client.get(nodes).items)

    def put(self, registration: Registration) -> None:
        """Apply an object.

        Raises:
            RefusedObjectError: the API server refuses it.
        """
        result = ObjectResult.NOT_INSTALLED
        if registration.type != RELEASE_TYPE:
            applied = self.apply(plain(registration.inputs), registration.name)
            result = ObjectResult.APPLIED if applied else ObjectResult.AWAITS_KIND
            if applied and self._has_nodes:
                self._await(applied.to_dict(), registration.name)
        with self._lock:
            self.results[registration.urn] = result

    def apply(self, body: JsonObject, name: str) -> Any:
        """Apply an object as it is.

        Args:
            body: the object.
            name: its name in error messages.

        Returns:
            The object as the server has it; None if the server has no such kind.

        Raises:
            RefusedObjectError: the API server refuses it.
        """
        from kubernetes.dynamic.exceptions import DynamicApiError, ResourceNotFoundError  # noqa: PLC0415

        try:
            kind = self._client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        except ResourceNotFoundError:
            return None
        try:
            return self._client.server_side_apply(
                kind,
                body=body,
                field_manager=FIELD_MANAGER,
                force_conflicts=True,
                query_params=[("fieldValidation", "Strict")],
            )
        except DynamicApiError as error:
            raise RefusedObjectError(f"{body['kind']} {name}: {error.summary()}") from error

    def _await(self, applied: JsonObject, name: str) -> None:
        """Wait until an object's pods are ready.

        Raises:
            RefusedObjectError: they never will be, or not in time.
        """
        kind = self._client.resources.get(api_version=applied["apiVersion"], kind=applied["kind"])
        metadata = applied["metadata"]
        deadline = time.monotonic() + self._await_seconds
        while waits := unfinished(applied):
            over = failed(applied) or (f"after {self._await_seconds:g} s" if time.monotonic() > deadline else None)
            if over:
                raise RefusedObjectError(f"{applied['kind']} {name}: {waits}; {over}")
            time.sleep(_POLL_SECONDS)
            applied = self._client.get(kind, name=metadata["name"], namespace=metadata.get("namespace")).to_dict()
