"""Backups: snapshots of a member's data in the snapshots' bucket, read back and compared."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.command_io import answer, arguments
from ..host.host import CommandError, Host
from ..host.lock import acquire
from ..instance.context import Agent
from .encryption_keys import encryption_keys
from .etcdctl import Etcdctl

WORK = "/var/lib/tripod/snapshots"
"""On the instance's own disk, which is encrypted: the volume's writes are etcd's alone."""

LOCK = "/run/tripod/snapshot.lock"

ENCRYPTION_KEYS = "encryption-keys"
"""Metadata of the S3 object: a JSON list of the names of the keys that its Secrets are encrypted with."""


@dataclass(frozen=True)
class SavedSnapshot:
    """A snapshot on the instance.

    Attributes:
        path: its file.
        sha256: its digest, in hexadecimal.
        revision: the newest change in it.
        keys: the number of its keys.
        taken: the time of the snapshot.
        encryption_keys: the names of the keys that its Secrets are encrypted with.
    """

    path: str
    sha256: str
    revision: int
    keys: int
    taken: datetime
    encryption_keys: Sequence[str]

    @property
    def name(self) -> str:
        """Its name below the snapshots' prefix."""
        return f"{self.taken:%Y-%m-%dT%H-%M-%SZ}-{self.revision}.db"

    def metadata(self) -> dict[str, str]:
        """Metadata of the S3 object."""
        return {
            "sha256": self.sha256,
            "revision": str(self.revision),
            "taken": f"{self.taken:%Y-%m-%dT%H:%M:%SZ}",
            ENCRYPTION_KEYS: json.dumps(self.encryption_keys),
        }


def snapshot(agent: Agent) -> str:
    """Save a snapshot, verify it, upload it, read it back.

    A timer calls it on every member, and only the leader does it. An operator (``{"now": true}``) has any member
    do it.

    Raises:
        AgentError: no new snapshot is in the bucket.
    """
    address = agent.identity().address
    status = agent.retry("etcd", lambda: Etcdctl(agent.host).status(address))
    if not status.leader:
        raise AgentError("etcd has no leader, so that nobody takes a snapshot: look at the members")
    if status.leader != status.id and arguments().get("now") is not True:
        return answer(key=None, reason="the leader does it")
    busy = RetryableError("another snapshot is being taken on this member")
    with agent.retry("snapshot", lambda: acquire(agent.host, LOCK, busy)):
        return _take_and_store(agent, address)


def _take_and_store(agent: Agent, address: str) -> str:
    path = f"{WORK}/{secrets.token_hex(8)}.db"
    agent.host.path(WORK).mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        taken = agent.retry("snapshot", lambda: _take(agent, address, path))
        return _store(agent, taken)
    finally:
        # Also files of a call that was killed: the lock keeps other calls out.
        for file in agent.host.path(WORK).iterdir():
            file.unlink(missing_ok=True)


def _take(agent: Agent, address: str, path: str) -> SavedSnapshot:
    """Save a snapshot, have etcdutl check its pages, and read the names of its encryption keys."""
    file, etcdctl = str(agent.host.path(path)), Etcdctl(agent.host)
    taken = agent.now()
    try:
        etcdctl.save_snapshot(address, file)
        said: JsonObject = json.loads(agent.host.run("etcdutl", "snapshot", "status", file, "--write-out=json"))
    except CommandError as error:
        raise RetryableError(str(error)) from error
    revision: int = said["revision"]
    keys = encryption_keys(etcdctl, address, revision)
    return SavedSnapshot(path, _digest(agent.host, path), revision, said["totalKey"], taken, keys)


def _store(agent: Agent, taken: SavedSnapshot) -> str:
    snapshots = agent.config.etcd.snapshots
    bucket, key = snapshots.bucket, f"{snapshots.prefix}{taken.name}"
    for place in (key, snapshots.latest):
        agent.retry(f"s3://{bucket}/{place}", lambda place=place: _store_once(agent, taken, bucket, place))
    size = agent.host.path(taken.path).stat().st_size
    return answer(bucket=bucket, key=key, revision=taken.revision, keys=taken.keys, bytes=size)


def _store_once(agent: Agent, taken: SavedSnapshot, bucket: str, key: str) -> None:
    """Upload a snapshot and read it back."""
    # In parts where it is large: one request carries 5 GiB, and etcd may hold 8.
    agent.aws.call(
        "s3",
        "upload_file",
        Filename=str(agent.host.path(taken.path)),
        Bucket=bucket,
        Key=key,
        ExtraArgs={"Metadata": taken.metadata()},
    )
    digest = agent.aws.fetch(bucket, key, _sha256)
    if digest != taken.sha256:
        raise RetryableError(f"it was read back with the sha256 {digest}, not {taken.sha256}")


def _sha256(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _digest(host: Host, path: str) -> str:
    with host.path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
