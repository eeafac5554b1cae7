"""What the instance was told: the boot pointers and its role's document, looked at before anything is done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import AgentError
from ..core.paths import HOME
from ..host.host import Host

SCHEMA = 1

_TEXT, _NUMBER, _MAPPING, _LIST = str, int, dict, list
_COMMON: dict[str, type] = {
    "schema": _NUMBER,
    "role": _TEXT,
    "cluster": _TEXT,
    "incarnation": _TEXT,
    "region": _TEXT,
    "system": _TEXT,
    "supply": _MAPPING,
}
_FIELDS: dict[str, dict[str, type]] = {
    "etcd": {
        "version": _TEXT,
        "token": _TEXT,
        "initialised_parameter": _TEXT,
        "secrets": _MAPPING,
        "client_ca": _TEXT,
        "snapshots": _MAPPING,
    },
    "control-plane": {
        "version": _TEXT,
        "endpoint": _TEXT,
        "names": _LIST,
        "pod_cidr": _TEXT,
        "service_cidr": _TEXT,
        "api_service_address": _TEXT,
        "dns_address": _TEXT,
        "issuer": _TEXT,
        "etcd_ca": _TEXT,
        "join_token_parameter": _TEXT,
        "secrets_key": _TEXT,
        "groups": _MAPPING,
        "node_loss": _MAPPING,
        "secrets": _MAPPING,
    },
    "workers": {
        "version": _TEXT,
        "endpoint": _TEXT,
        "certificate": _TEXT,
        "dns_address": _TEXT,
        "join_token_parameter": _TEXT,
        "labels": _MAPPING,
        "taints": _LIST,
    },
}
"""Role → field → its type. What else a document holds, a later agent put there, and is refused."""


@dataclass(frozen=True)
class InstanceConfig:
    """What the instance was told.

    Attributes:
        boot: the pointers of its user data: role, name, region, payload, metadata and what else the stub reads.
        document: its role's document.
    """

    boot: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def role(self) -> str:
        """etcd, control-plane or workers."""
        return self.document["role"]

    @property
    def name(self) -> str:
        """Which member or worker group it is; empty for a control-plane node."""
        return self.boot["name"]

    @property
    def region(self) -> str:
        """Its region."""
        return self.document["region"]


def load_config(host: Host) -> InstanceConfig:
    """Read and check what the instance was told.

    Raises:
        AgentError: it is not what this agent understands; with every reason.
    """
    boot = _parsed(host, f"{HOME}/boot.json")
    document = _parsed(host, f"{HOME}/document.json")
    problems = schema_problems(document)
    if boot.get("role") != document.get("role"):
        problems.append(f"user data says {boot.get('role')!r}, the document {document.get('role')!r}")
    if problems:
        raise AgentError(f"the role's document is not one of this agent: {'; '.join(problems)}")
    return InstanceConfig(boot, document)


def schema_problems(document: Mapping[str, Any]) -> list[str]:
    """Every reason why a document is not one that this agent understands."""
    if document.get("schema") != SCHEMA:
        return [f"schema is {document.get('schema')!r}, this agent knows {SCHEMA}"]
    role = document.get("role")
    if role not in _FIELDS:
        return [f"role is {role!r}, there are {', '.join(_FIELDS)}"]
    fields = {**_COMMON, **_FIELDS[role]}
    missing = [f"{name} is missing" for name in fields if name not in document]
    unknown = [f"{name} is unknown" for name in document if name not in fields]
    wrong = [
        f"{name} is no {type_.__name__}"
        for name, type_ in fields.items()
        if name in document and not isinstance(document[name], type_)
    ]
    return [*missing, *unknown, *wrong]


def _parsed(host: Host, path: str) -> dict[str, Any]:
    text = host.read(path)
    if text is None:
        raise AgentError(f"{path} does not exist: the stub in the user data writes it")
    try:
        return json.loads(text)
    except ValueError as error:
        raise AgentError(f"{path} is not JSON: {error}") from error
