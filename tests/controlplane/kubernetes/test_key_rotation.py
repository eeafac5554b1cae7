"""The key that encrypts Secrets is changed by the code of `tripod rotate`, under load, on real servers."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from support.agent import kubernetes_nodes
from support.agent.instance import aws
from support.controlplane.kubernetes_cluster import Cluster, control_plane_of
from support.controlplane.local_remote import local_remote
from support.controlplane.secret_writes import read_values, secret_writes
from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.bootstrap.agent.node.paths import ENCRYPTION
from tripod.operations.backup.keys import RetiredKey
from tripod.operations.rotate.plan import Keys
from tripod.operations.rotate.run import KeyStore, Rotator, SecretValue
from tripod.operations.rotate.secret_value import config_hash

SECRET = f"demo/{kubernetes_nodes.INCARNATION}/encryption"
_HASH = re.compile(
    r'^apiserver_encryption_config_controller_last_config_info\{.*\bhash="sha256:([0-9a-f]+)"', re.MULTILINE
)


@dataclass(frozen=True)
class KeyChange:
    """The state of the cluster when the list of keys was changed.

    Attributes:
        keys: before and after.
        loaded: whether each server had loaded the list before.
        stored: key → Secrets in etcd that are encrypted with it.
    """

    keys: tuple[Keys, Keys]
    loaded: tuple[bool, ...]
    stored: Mapping[str, int]


Rotation = tuple[list[KeyChange], list[str], dict[str, str]]
"""The state at each write of the list, the lines of output, the Secrets written meanwhile."""


@dataclass(frozen=True)
class WatchedKeyStore(KeyStore):
    """The secret; looks at the cluster before each write."""

    look: Callable[[SecretValue, Keys], None]

    def write(self, before: SecretValue, value: Mapping[str, Any]) -> None:
        self.look(before, key_names(value))
        super().write(before, value)


@dataclass(frozen=True)
class NoBackups:
    """Backups of a cluster without a bucket: one needs what etcd holds at the moment."""

    running: Cluster

    def take(self) -> Keys:
        return tuple(encrypted_with(self.running))

    def expired(self, retired: Sequence[RetiredKey]) -> Keys:
        assert not retired
        return ()


def encrypted_with(running: Cluster) -> Counter[str]:
    """Key → how many Secrets in etcd are encrypted with it."""
    found = Counter(value.split(b":", 5)[4].decode() for value in running.stored().values())
    assert all(value.startswith(b"k8s:enc:secretbox:v1:") for value in running.stored().values())
    return found


def loaded(running: Cluster, server: int) -> str:
    """The hash of its configuration in a server's metric."""
    text = running.caller("metrics", ["system:masters"], server).ask("GET", "/metrics").body
    return _HASH.findall(text)[0]


@pytest.fixture(scope="module")
def rotated(running: Cluster, measured: Callable[[str], None]) -> Rotation:
    """A whole rotation."""
    changes: list[KeyChange] = []
    lines: list[str] = []

    def look(before: SecretValue, after: Keys) -> None:
        wanted = config_hash(before.value)
        has = tuple(loaded(running, server) == wanted for server in range(2))
        changes.append(KeyChange((before.keys, after), has, encrypted_with(running)))

    def servers() -> list[str]:
        return [node.id for node in running.nodes]

    callers = [running.caller("writer", ["system:masters"], server) for server in range(2)]
    starts = running.starts
    with (
        local_remote(running.nodes) as remote,
        secret_writes("rotating", lambda number: callers[number % 2], 4) as writes,
    ):
        store = WatchedKeyStore(aws("secretsmanager"), SECRET, look)
        rotator = Rotator(
            store, remote, servers, NoBackups(running), RetryPolicy(300, first=1, longest=3), lines.append
        )
        assert rotator.rotate() == ("key-2",)
    assert writes.failed == []
    # No server was started anew for it.
    assert running.starts == starts
    measured(f"rotation of the encryption key, with {len(writes.written)} Secrets written meanwhile: {lines[-1]}")
    return changes, lines, writes.written


def test_each_step_waits_until_every_server_has_loaded_the_one_before(rotated: Rotation) -> None:
    changes, _, _ = rotated
    assert [change.keys for change in changes] == [
        (("key-1",), ("key-1", "key-2")),
        (("key-1", "key-2"), ("key-2", "key-1")),
        (("key-2", "key-1"), ("key-2",)),
    ]
    assert [change.loaded for change in changes] == [(True, True)] * 3


def test_the_old_key_goes_when_nothing_in_etcd_needs_it(rotated: Rotation) -> None:
    changes, lines, _ = rotated
    first, second, last = (change.stored for change in changes)
    assert set(first) == set(second) == {"key-1"}
    assert set(last) == {"key-2"}
    counted = [re.match(r"(\d+) of (\d+) Secrets written anew, 0 still need another key", line) for line in lines]
    (count,) = [found for found in counted if found]
    assert count[1] == count[2]
    assert int(count[1]) >= sum(second.values())


def test_every_secret_is_readable_afterwards_also_by_a_server_that_starts_anew(
    running: Cluster, rotated: Rotation
) -> None:
    _, _, written = rotated
    assert len(written) > 10
    readers = [running.caller("reader", ["system:masters"], server) for server in range(2)]
    assert all(written.items() <= read_values(reader).items() for reader in readers)
    for node in running.nodes:
        providers = json.loads(node.host.read(ENCRYPTION) or "")["resources"][0]["providers"]
        assert [key["name"] for key in providers[0]["secretbox"]["keys"]] == ["key-2"]
    second = control_plane_of(running.nodes[1])
    second.api.kill()
    second.api.start()
    second.api.wait_ready()
    assert loaded(running, 1) == config_hash(
        json.loads(aws("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"])
    )
    assert written.items() <= read_values(readers[1]).items()
    assert set(encrypted_with(running)) == {"key-2"}
