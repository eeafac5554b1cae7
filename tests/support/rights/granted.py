"""Policies as IAM reads them: whether they allow a call."""

import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tripod.core.iam_documents import Document
from tripod.stack.aws_clients import Clients

PROVIDER_CALLS = Path(__file__).with_name("provider_calls.json")

_ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "tagging:GetResources": "tag:GetResources",
}
"""Operation → action, where the two differ (Service Authorization Reference)."""


def provider_calls() -> dict[str, dict[str, list[str]]]:
    """Phase → action → resources, as the Terraform provider 5.100 called them in front of the emulator.

    Recorded on 2026-11-22 while the engine brought the local stack up, previewed, refreshed, gave it another tag, and
    destroyed it. Resources are examples, known only where a request names them; a network load balancer has the name
    that AWS gives it, since moto takes each for an application's.
    """
    phases: dict[str, dict[str, list[str]]] = {}
    for action, found in json.loads(PROVIDER_CALLS.read_text())["calls"].items():
        for phase in found["phases"]:
            phases.setdefault(phase, {})[action] = found["resources"]
    return phases


def allows(documents: Sequence[Document], action: str, resource: str = "") -> bool:
    """True if a statement allows an action, on a resource if it is known; conditions are not looked at."""
    return any(
        action in statement["Action"]
        and (not resource or any(fnmatchcase(resource, pattern) for pattern in statement["Resource"]))
        for document in documents
        for statement in document["Statement"]
    )


@contextmanager
def recorded_actions() -> Generator[set[str]]:
    """The actions that the library's own clients call while a block runs."""
    called: set[str] = set()
    make: Any = vars(Clients)["_make"]

    def record(model: Any, **_: object) -> None:
        called.add(action_of(model))

    def recording(clients: Clients, service: str, region: str) -> Any:
        client = make(clients, service, region)
        client.meta.events.register("before-call", record)
        return client

    with patch.object(Clients, "_make", recording):
        yield called


def action_of(model: Any) -> str:
    """The action that IAM checks for an operation of botocore's model."""
    named = f"{model.service_model.signing_name}:{model.name}"
    return _ACTIONS.get(named, re.sub(r"^service-quotas", "servicequotas", named))
