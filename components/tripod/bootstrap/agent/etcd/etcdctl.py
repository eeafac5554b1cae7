"""Client of etcd's members: etcdctl, with the member's own certificate."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..core.errors import RetryableError
from ..core.typed_json import JsonObject
from ..host.host import CommandError, Host
from .config import CA, CERTIFICATE, KEY
from .membership import Entry, View
from .urls import client_url, peer_url

SECONDS = 5
"""Seconds that a member may take to answer."""

PAGE = 20
"""Values in one answer: each has a megabyte and a half at most, and a member little memory beside etcd's."""

MAINTENANCE_SECONDS = 600
"""Seconds that a compaction or a defragmentation of the largest database may take."""


@dataclass(frozen=True)
class Status:
    """Status of a member, as it reports it.

    Attributes:
        id: its id.
        leader: the leader's id; 0 if there is none.
        learner: True if it has no vote.
        index: the raft index that it has applied.
        revision: the revision of its data.
        version: its etcd's version.
        errors: errors that it reports, such as a missing leader.
        database: bytes of its database's file.
        used: bytes of those that hold data; a defragmentation frees the others.
    """

    id: int
    leader: int
    learner: bool
    index: int = 0
    revision: int = 0
    version: str = ""
    errors: tuple[str, ...] = ()
    database: int = 0
    used: int = 0

    @property
    def alarms(self) -> set[str]:
        """Alarms of the cluster, such as NOSPACE: a status has them among its errors (etcd's v3rpc/maintenance.go)."""
        return {found[1] for error in self.errors if (found := re.search(r"\balarm:(\w+)", error))}


def entries_of(answer: str) -> list[Entry]:
    """Parse the member list of an answer of etcdctl (JSON)."""
    members: list[JsonObject] = json.loads(answer)["members"]
    return [
        Entry(
            member["ID"],
            member.get("name", ""),
            tuple(member.get("peerURLs", ())),
            tuple(member.get("clientURLs", ())),
            member.get("isLearner", False),
        )
        for member in members
    ]


def status_of(answer: str) -> Status:
    """Parse a member's status in an answer of etcdctl (JSON)."""
    said = json.loads(answer)[0]["Status"]
    header = said["header"]
    return Status(
        header["member_id"],
        said.get("leader", 0),
        said.get("isLearner", False),
        said.get("raftAppliedIndex", 0),
        header.get("revision", 0),
        said.get("version", ""),
        tuple(said.get("errors") or ()),
        said.get("dbSize", 0),
        said.get("dbSizeInUse", 0),
    )


@dataclass(frozen=True)
class Etcdctl:
    """Client of etcd's members on an instance.

    Attributes:
        host: the instance.
    """

    host: Host

    def view(self, addresses: Iterable[str]) -> View | None:
        """Read the member list, confirmed by a majority if there is one; None if no member answers.

        Args:
            addresses: addresses of members.
        """
        # A linearizable answer is confirmed by a majority. All members are queried at once: where none listens,
        # etcdctl fails only at its timeout.
        questions = [(quorum, address) for quorum in (True, False) for address in addresses]
        with ThreadPoolExecutor(len(questions) or 1) as pool:
            views = pool.map(self._member_list, questions)
            return next((view for view in views if view is not None), None)

    def _member_list(self, question: tuple[bool, str]) -> View | None:
        quorum, address = question
        try:
            answer = self._run([address], "member", "list", f"--consistency={'l' if quorum else 's'}")
        except CommandError:
            return None
        return View(quorum, entries_of(answer))

    def remove(self, addresses: Iterable[str], entry: int) -> None:
        """Remove a member from the cluster.

        Raises:
            RetryableError: the others do not agree to it now.
        """
        self._change(addresses, "member", "remove", f"{entry:x}")

    def add_learner(self, addresses: Iterable[str], member: str, address: str) -> list[Entry]:
        """Add a member without a vote.

        Returns:
            The members with it.

        Raises:
            RetryableError: the others do not agree to it now.
        """
        answer = self._change(addresses, "member", "add", member, "--learner", f"--peer-urls={peer_url(address)}")
        return entries_of(answer)

    def promote(self, addresses: Iterable[str], entry: int) -> None:
        """Give a learner its vote.

        Raises:
            RetryableError: it is not in sync with the leader yet, or the others refuse it now.
        """
        self._change(addresses, "member", "promote", f"{entry:x}")

    def status(self, address: str) -> Status:
        """Read a member's status.

        Raises:
            RetryableError: it does not answer.
        """
        return status_of(self._change([address], "endpoint", "status"))

    def database_bytes(self, address: str) -> int:
        """Read the size of a member's database; 0 if it does not answer."""
        try:
            return self.status(address).database
        except RetryableError:
            return 0

    def is_healthy(self, address: str) -> bool:
        """Return True if a member completes a read that a majority confirms."""
        try:
            self._run([address], "endpoint", "health")
        except CommandError:
            return False
        return True

    def compact(self, address: str, revision: int) -> None:
        """Drop what a revision has superseded, on every member. One that is dropped already is no error.

        Raises:
            CommandError: no majority agrees.
        """
        try:
            self._run([address], "compact", "--physical", str(revision), seconds=MAINTENANCE_SECONDS)
        except CommandError as error:
            if "has been compacted" not in error.output:
                raise

    def defragment(self, address: str) -> None:
        """Rewrite a member's database without its free pages. It serves nothing meanwhile.

        Raises:
            CommandError: it fails; the database is as it was.
        """
        self._run([address], "defrag", seconds=MAINTENANCE_SECONDS)

    def disarm(self, address: str) -> None:
        """Clear every member's alarm.

        Raises:
            CommandError: no majority agrees.
        """
        self._run([address], "alarm", "disarm")

    def save_snapshot(self, address: str, path: str) -> None:
        """Save a snapshot of a member's data.

        Raises:
            CommandError: it is incomplete.
        """
        self.host.run("etcdctl", *self._access([address]), "snapshot", "save", path)

    def values(self, address: str, prefix: str, revision: int) -> Iterator[bytes]:
        """Values below a prefix as of a revision, page by page.

        Raises:
            RetryableError: the member does not answer, or the revision is compacted.
        """
        start, end, last = prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1), ""
        while True:
            page = json.loads(self._change([address], "get", start, end, f"--limit={PAGE}", f"--rev={revision}"))
            for entry in page.get("kvs", []):
                start = base64.b64decode(entry["key"]).decode()
                # A page begins with the last key of the one before: its successor ends in a NUL, as no argument may.
                if start != last:
                    yield base64.b64decode(entry.get("value", ""))
            if not page.get("more"):
                return
            last = start

    def _change(self, addresses: Iterable[str], *command: str) -> str:
        try:
            return self._run(addresses, *command)
        except CommandError as error:
            raise RetryableError(f"`etcdctl {' '.join(command)}`: {error.last_line}") from error

    def _run(self, addresses: Iterable[str], *command: str, seconds: int | None = None) -> str:
        options = (f"--command-timeout={seconds or SECONDS}s", "--write-out=json")
        return self.host.run("etcdctl", *self._access(addresses), *options, *command)

    def _access(self, addresses: Iterable[str]) -> tuple[str, ...]:
        path = self.host.path
        return (
            f"--endpoints={','.join(client_url(address) for address in addresses)}",
            f"--cacert={path(CA)}",
            f"--cert={path(CERTIFICATE)}",
            f"--key={path(KEY)}",
        )
