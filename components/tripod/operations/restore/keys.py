"""Encryption keys of a restore: those that the snapshot needs, against those that the cluster's secret has."""

from collections.abc import Iterator
from dataclasses import dataclass

from tripod.operations.backup.keys import SnapshotKeys
from tripod.operations.errors import Refusal
from tripod.operations.rotate.plan import Keys
from tripod.operations.rotate.run import KeyStore, SecretValue
from tripod.operations.rotate.secret_value import with_keys_back
from tripod.operations.waiting import Log


@dataclass(frozen=True)
class RestoreKeys:
    """Keys of a restore.

    Attributes:
        needed: the keys that the snapshot needs.
        present: the keys that API servers have, the one that encrypts first.
        retired: the keys that the secret has besides.
    """

    needed: Keys = ()
    present: Keys = ()
    retired: Keys = ()

    @property
    def back(self) -> Keys:
        """The retired keys that API servers need again."""
        return tuple(name for name in self.needed if name in self.retired and name not in self.present)

    @property
    def to_drop(self) -> Keys:
        """The keys that the snapshot needs beside the first: they go when all Secrets are written anew."""
        return tuple(name for name in self.needed if name in (*self.present[1:], *self.back))

    @property
    def lost(self) -> Keys:
        """The keys that the snapshot needs, and the secret does not have."""
        return tuple(name for name in self.needed if name not in (*self.present, *self.retired))


def restore_keys(record: SnapshotKeys | None, secret: SecretValue) -> RestoreKeys:
    """The keys of a snapshot's restore. One without a record may need every key that was retired after it.

    Args:
        record: the snapshot's record; None if there is no such snapshot.
        secret: the cluster's encryption secret.

    Raises:
        OperationError: the secret's keys cannot be used.
    """
    retired = secret.retired
    names: Keys = ()
    if record:
        older = tuple(key.name for key in retired if record.needs(key.name, key.retired))
        names = older if record.names is None else record.names
    return RestoreKeys(names, secret.keys, tuple(key.name for key in retired))


def lost_key_refusals(keys: RestoreKeys, snapshot: str, secret: str) -> Iterator[Refusal]:
    """Refuse a snapshot whose Secrets no API server could read: none of them would become ready.

    Args:
        keys: the keys.
        snapshot: the snapshot's key in its bucket.
        secret: the name of the cluster's encryption secret.
    """
    if keys.lost:
        yield Refusal(
            snapshot,
            f"its Secrets need {', '.join(keys.lost)}, which {secret} has neither in use nor retired",
            "restore another snapshot, or put the key back: see 'Keys lost' in docs/recovery.md",
        )


def bring_back(store: KeyStore, secret: SecretValue, keys: RestoreKeys, log: Log) -> None:
    """Write the retired keys that a restore needs behind those in use. API servers decrypt with them, and no more.

    Raises:
        OperationError: another run changes the secret.
    """
    if keys.back:
        store.write(secret, with_keys_back(secret.value, keys.back))
        log(f"{', '.join(keys.back)} of {store.name} in use again, to decrypt")
