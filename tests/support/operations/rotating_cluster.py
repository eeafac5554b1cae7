"""A cluster whose encryption key is rotated: a secret, API servers that load it, and Secrets that a key encrypts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from support.agent.clock import Clock
from support.operations.answering_agents import AnsweringAgents
from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.operations.backup.keys import RetiredKey
from tripod.operations.rotate.run import KeyStore, Rotator
from tripod.operations.rotate.secret_value import config_hash, new_key, retired_keys


def secret_of(*names: str) -> dict[str, Any]:
    return {"keys": [{"name": name, "secret": new_key()} for name in names]}


@dataclass
class FakeCluster(AnsweringAgents):
    """A secret, API servers that load it when they are told to, and Secrets that are encrypted with some key.

    Attributes:
        value: the encryption secret.
        deaf: servers that load nothing.
        stop_after: how many changes of the secret succeed.
        counts: what a rewrite answers instead of the truth.
        stop_backup: whether the backup is interrupted.
        backups: for each backup, the keys that it needs.
        late: keys that a backup needs although no Secret does.
        gone: the retired keys that no snapshot needs.
    """

    value: dict[str, Any]
    deaf: frozenset[str] = frozenset()
    stop_after: int = 99
    counts: Mapping[str, Any] | None = None
    version: int = 1
    loaded: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    stored: list[str] = field(default_factory=lambda: ["key-1"] * 5)
    history: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    tokens: list[str] = field(default_factory=list[str])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    stop_backup: bool = False
    backups: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    late: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for server in self.servers():
            self.loaded.setdefault(server, self.value)

    def servers(self) -> list[str]:
        return ["i-1", "i-2"]

    def readable(self) -> bool:
        return all(set(self.stored) <= set(key_names(value)) for value in self.loaded.values())

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        return {"SecretString": json.dumps(self.value), "VersionId": f"v{self.version}"}

    def describe_secret(self, **_: Any) -> dict[str, Any]:
        return {"VersionIdsToStages": {version: [label] for label, version in self.labels.items()}}

    def update_secret_version_stage(self, *, VersionStage: str, MoveToVersionId: str, **_: Any) -> None:  # noqa: N803
        self.labels[VersionStage] = MoveToVersionId

    def put_secret_value(self, *, SecretString: str, ClientRequestToken: str, **_: Any) -> None:  # noqa: N803
        if self.stop_after <= 0:
            raise KeyboardInterrupt
        if ClientRequestToken in self.tokens:
            raise ClientError({"Error": {"Code": "ResourceExistsException", "Message": "x"}}, "PutSecretValue")
        self.stop_after -= 1
        self.tokens.append(ClientRequestToken)
        self.value, self.version = json.loads(SecretString), self.version + 1
        self.history.append(key_names(self.value))
        # What every server still has must read what any other may write from now on.
        written = {key_names(value)[0] for value in [*self.loaded.values(), self.value]}
        for value in self.loaded.values():
            assert written <= set(key_names(value))

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = {}
        if command == "encryption-status":
            answer = {"loaded": f"sha256:{config_hash(self.loaded[instance])}"}
        if command == "refresh-encryption" and instance not in self.deaf:
            self.loaded[instance] = self.value
        if command == "rewrite-secrets":
            first = key_names(self.loaded[instance])[0]
            self.stored = [first] * len(self.stored)
            answer = self.counts or {"found": 5, "written": 5, "others": 0}
            assert arguments == {"key": first}
        assert self.readable()
        return answer

    def take(self) -> tuple[str, ...]:
        if self.stop_backup:
            raise KeyboardInterrupt
        self.backups.append(tuple(sorted({*self.stored, *self.late})))
        return self.backups[-1]

    def expired(self, retired: Sequence[RetiredKey]) -> tuple[str, ...]:
        return tuple(key.name for key in retired if key.name in self.gone)

    def retired(self) -> list[str]:
        return [key.name for key in retired_keys(self.value)]

    def rotate(self, *, compromised: bool = False) -> tuple[str, ...]:
        vault, patience = KeyStore(self, "prod/1/encryption"), Clock().patience()
        return Rotator(vault, self, self.servers, self, patience, lambda _: None, compromised).rotate()
