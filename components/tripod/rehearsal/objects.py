"""What becomes of Kubernetes objects in a rehearsal: applied to an API server, or compared with their schema."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, cast

from tripod.rehearsal.recorder import Registration
from tripod.rehearsal.typed_objects import misfits
from tripod.rehearsal.wire import plain

KUBERNETES_TYPE = "kubernetes:"
RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
FIELD_MANAGER = "tripod"


class Fate(Enum):
    """What became of an object."""

    APPLIED = "applied to the API server"
    COMPARED = "compared with its schema"
    AWAITS_KIND = "waits for a chart that brings its kind"
    NOT_INSTALLED = "a Helm release, which a rehearsal does not install"


class RefusedObjectError(Exception):
    """An object that Kubernetes would not take. The message names it."""


class Objects(Protocol):
    """Where Kubernetes objects go."""

    @property
    def fates(self) -> Mapping[str, Fate]:
        """URN → what became of it."""
        ...

    def put(self, registration: Registration) -> None:
        """Take an object.

        Raises:
            RefusedObjectError: it is not one that Kubernetes takes.
        """
        ...


def object_id(inputs: Mapping[str, Any]) -> str:
    """The id of an object, or of a release: its namespace, where it has one, and its name."""
    metadata: Mapping[str, Any] = inputs.get("metadata") or inputs
    return "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)


@dataclass
class ComparedObjects:
    """Without an API server: objects are compared with the SDK's types.

    Attributes:
        fates: URN → what became of it.
    """

    fates: dict[str, Fate] = field(default_factory=dict[str, Fate])

    def put(self, registration: Registration) -> None:
        """Compare an object.

        Raises:
            RefusedObjectError: it has unknown fields, lacks some, or has values of wrong types.
        """
        if registration.type == RELEASE_TYPE:
            self.fates[registration.urn] = Fate.NOT_INSTALLED
            return
        found = misfits(plain(registration.inputs))
        if found:
            raise RefusedObjectError(f"{registration.type} {registration.name}: {'; '.join(found)}")
        self.fates[registration.urn] = Fate.COMPARED


class AppliedObjects:
    """With an API server: objects are applied to it by server-side apply, with strict validation of their fields.

    Args:
        kubeconfig: how it is reached.

    Attributes:
        fates: URN → what became of it.
    """

    def __init__(self, kubeconfig: Path) -> None:
        # They take a third of a second to load, which a plan must not pay.
        from kubernetes import config, dynamic  # noqa: PLC0415

        self.fates: dict[str, Fate] = {}
        self._lock = threading.Lock()
        self._client: Any = cast("Any", dynamic).DynamicClient(
            cast("Any", config).new_client_from_config(str(kubeconfig))
        )

    def put(self, registration: Registration) -> None:
        """Apply an object.

        Raises:
            RefusedObjectError: the API server refuses it.
        """
        fate = Fate.NOT_INSTALLED
        if registration.type != RELEASE_TYPE:
            fate = Fate.APPLIED if self.apply(plain(registration.inputs), registration.name) else Fate.AWAITS_KIND
        with self._lock:
            self.fates[registration.urn] = fate

    def apply(self, body: dict[str, Any], name: str) -> Any:
        """Apply an object as it is.

        Args:
            body: the object.
            name: what it is called where it is refused.

        Returns:
            The object as the server has it; None where the server knows no such kind.

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
