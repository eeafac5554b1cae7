"""The instance's configuration: boot pointers and its role's document, validated before anything is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from ..core.errors import AgentError
from ..core.paths import HOME
from ..core.typed_json import JsonObject, read_typed
from ..host.host import Host
from .documents import SCHEMA, BootDocument, BootPointers, ControlPlaneDocument, EtcdDocument, WorkerDocument

D = TypeVar("D", bound=BootDocument)

_DOCUMENTS: Mapping[str, type[BootDocument]] = {
    kind.role: kind for kind in (EtcdDocument, ControlPlaneDocument, WorkerDocument)
}


@dataclass(frozen=True)
class InstanceConfig:
    """An instance's configuration.

    Attributes:
        boot: the pointers of its user data.
        document: its role's document.
    """

    boot: BootPointers
    document: BootDocument

    @property
    def role(self) -> str:
        """etcd, control-plane or workers."""
        return self.document.role

    @property
    def name(self) -> str:
        """The member or worker group; empty for a control-plane node."""
        return self.boot.name

    @property
    def region(self) -> str:
        """Its region."""
        return self.document.region

    @property
    def etcd(self) -> EtcdDocument:
        """A member's document. Raises AgentError on an instance of another role."""
        return self._document_as(EtcdDocument)

    @property
    def control_plane(self) -> ControlPlaneDocument:
        """A control-plane node's document. Raises AgentError on an instance of another role."""
        return self._document_as(ControlPlaneDocument)

    @property
    def worker(self) -> WorkerDocument:
        """A worker's document. Raises AgentError on an instance of another role."""
        return self._document_as(WorkerDocument)

    def _document_as(self, kind: type[D]) -> D:
        if not isinstance(self.document, kind):
            raise AgentError(f"the role of this instance is {self.role}, not {kind.role}")
        return self.document


def load_config(host: Host) -> InstanceConfig:
    """Read and validate the instance's configuration.

    Raises:
        AgentError: this agent does not understand it; with every reason.
    """
    pointers, values = _parse(host, f"{HOME}/boot.json"), _parse(host, f"{HOME}/document.json")
    document, problems = read_document(values)
    boot: BootPointers = read_typed(BootPointers, pointers, "boot", problems)
    if pointers.get("role") != values.get("role"):
        problems.append(f"user data says {pointers.get('role')!r}, the document {values.get('role')!r}")
    if document is None or problems:
        raise AgentError(f"this agent does not understand the instance's configuration: {'; '.join(problems)}")
    return InstanceConfig(boot, document)


def read_document(values: Mapping[str, object]) -> tuple[BootDocument | None, list[str]]:
    """A role's document, and every reason why this agent does not understand it; if there is one, None."""
    if values.get("schema") != SCHEMA:
        return None, [f"schema is {values.get('schema')!r}, this agent knows {SCHEMA}"]
    kind = _DOCUMENTS.get(str(values.get("role")))
    if kind is None:
        return None, [f"role is {values.get('role')!r}, there are {', '.join(_DOCUMENTS)}"]
    problems = list[str]()
    document: BootDocument = read_typed(kind, values, "", problems)
    return (None if problems else document), problems


def _parse(host: Host, path: str) -> JsonObject:
    text = host.read(path)
    if text is None:
        raise AgentError(f"{path} does not exist: the stub in the user data writes it")
    try:
        return json.loads(text)
    except ValueError as error:
        raise AgentError(f"{path} is not JSON: {error}") from error
