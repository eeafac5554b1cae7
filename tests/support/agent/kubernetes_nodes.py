"""Control-plane nodes and workers in a folder: what they are told, and a cluster's secrets."""

import base64
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from support.agent.instance import BOOT, FACTS, INSTANCE, ZONE, FakeInstance, Reply, fake_instance
from tripod.bootstrap.agent.instance.config import InstanceConfig
from tripod.bootstrap.agent.instance.context import Identity
from tripod.bootstrap.agent.instance.documents import (
    ControlPlaneDocument,
    KubernetesDocument,
    NodeLoss,
    Taint,
    WorkerDocument,
)
from tripod.bootstrap.documents import control_plane_document, worker_document

INCARNATION = "0a1b2c3d"
ADDRESS = "10.0.192.70"
IDENTITY = Identity(INSTANCE, ZONE, ADDRESS)
ENDPOINT = "api.demo.internal:6443"
SECRETS_KEY = "alias/demo-0a1b2c3d-secrets"
NOW = datetime(2026, 7, 14, 9, 5, 7, tzinfo=UTC)
GROUP = "demo-workers-general-0"


def pem(*command: str, given: str | None = None) -> str:
    """What openssl prints."""
    return subprocess.run(["openssl", *command], input=given, capture_output=True, text=True, check=True).stdout


@cache
def authority(name: str, *options: str) -> Mapping[str, str]:
    """A certificate authority, made with further options of openssl."""
    key = pem("ecparam", "-name", "prime256v1", "-genkey", "-noout")
    made = pem("req", "-x509", "-new", "-key", "/dev/stdin", "-subj", f"/CN={name}", "-days", "30", *options, given=key)
    return {"certificate": made, "private_key": key}


@cache
def signing_key(_: int = 0) -> Mapping[str, Any]:
    """A key that signs service-account tokens."""
    key = pem("genrsa", "2048")
    return {"private_key": key, "public_keys": [pem("pkey", "-pubout", given=key)]}


def encryption_key(name: str = "key-1", byte: int = 7) -> dict[str, str]:
    """A key that encrypts Secrets."""
    return {"name": name, "secret": base64.b64encode(bytes([byte]) * 32).decode()}


@dataclass(frozen=True)
class Secrets:
    """A cluster's secrets.

    Attributes:
        values: name in Secrets Manager → fields.
    """

    values: dict[str, dict[str, Any]]

    def __getitem__(self, purpose: str) -> dict[str, Any]:
        return self.values[f"demo/{INCARNATION}/{purpose}"]


def make_secrets() -> Secrets:
    """Secrets as Pulumi puts them there."""
    values: dict[str, Mapping[str, Any]] = {
        name: authority(name) for name in ("cluster-ca", "front-proxy-ca", "etcd-client-ca")
    }
    values["service-accounts"] = signing_key()
    values["encryption"] = {"keys": [encryption_key()]}
    return Secrets({f"demo/{INCARNATION}/{name}": dict(value) for name, value in values.items()})


def control_plane(**changes: Any) -> ControlPlaneDocument:
    """The document of control-plane nodes."""
    document = control_plane_document(
        FACTS,
        version="1.36.4",
        endpoint=ENDPOINT,
        names=["public.example.com"],
        pod_cidr="10.244.0.0/16",
        service_cidr="10.96.0.0/16",
        issuer="https://issuer.example.com",
        accepted_issuers=(),
        etcd_ca=authority("etcd-ca")["certificate"],
        secrets_key=SECRETS_KEY,
        groups={"viewer": ["team:viewers"], "operator": ["team:ops"]},
        node_loss=NodeLoss(50, 300),
        encryption_algorithm="RSA-2048",
    )
    return replace(document, **changes)


def worker(**changes: Any) -> WorkerDocument:
    """The document of a worker group."""
    document = worker_document(
        FACTS,
        version="1.36.4",
        endpoint=ENDPOINT,
        certificate=authority("cluster-ca")["certificate"],
        service_cidr="10.96.0.0/16",
        labels={"team.example.com/kind": "general", "tier": "web"},
        taints=[Taint("dedicated", "web", "NoSchedule")],
    )
    return replace(document, **changes)


def node_instance(
    folder: Path, document: KubernetesDocument, replies: Mapping[str, Reply] | None = None
) -> FakeInstance:
    """An instance of a role of Kubernetes."""
    config = InstanceConfig(replace(BOOT, role=document.role, name="general"), document)
    made = fake_instance(folder, config, replies or {})
    made.metadata.entries["meta-data/local-ipv4"] = ADDRESS
    return replace(made, agent=made.at(NOW))
