"""Downloads of binaries, each verified by its digest before it is used.

The copy in the payload bucket comes first: it is reached without the Internet. Without one, the project's own site.
"""

import hashlib
import json
import platform
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.request import urlopen

from ..aws.client import MissingError
from ..core.errors import AgentError, RetryableError
from ..core.retry import RetryPolicy
from ..host.host import Host
from .context import Agent, bucket_of
from .documents import Download, Supply, mirrored_key

STATE = "/var/lib/tripod/binaries"
"""The folder of records of installed binaries, with their digests."""

PROGRAMS = "/usr/local/bin"
SECONDS = 60
"""The timeout of a connection, in seconds."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Binary:
    """A binary to install.

    Attributes:
        name: its name in the role's document.
        members: globs of the archive's files to install; none if the download is the program itself.
        folder: the target folder.
    """

    name: str
    members: tuple[str, ...] = ()
    folder: str = PROGRAMS

    def matching_globs(self, path: str) -> set[str]:
        """The globs that match a file of the archive; none if it is not installed."""
        return {member for member in self.members if PurePosixPath(path).match(member)}


def source_of(supply: Supply, name: str, machine: str) -> Download:
    """A binary's download, from the role's document.

    Args:
        supply: the document's sources.
        name: the binary.
        machine: the instance's architecture, as the kernel calls it.

    Raises:
        AgentError: the document has none for this architecture.
    """
    architecture = _ARCHITECTURES.get(machine, machine)
    try:
        return supply.binaries[name][architecture]
    except LookupError:
        raise AgentError(
            f"the role's document names no {name} for {architecture}: write its digest into `tripod:supply`"
        ) from None


def install_binary(agent: Agent, binary: Binary, machine: str | None = None) -> str:
    """Download, verify and install a binary, unless it is installed.

    Args:
        agent: the instance.
        binary: the binary.
        machine: the architecture, as the kernel calls it; by default the instance's own.

    Raises:
        AgentError: it could not be downloaded in time, or has another digest.
    """
    source = source_of(agent.config.document.supply, binary.name, machine or platform.machine())
    if _is_installed(agent.host, binary, source):
        return f"{binary.name} is there"
    files = agent.retry(f"download of {binary.name}", lambda: _install(agent, binary, source))
    state = {"sha256": source.sha256, "files": files}
    agent.host.write(f"{STATE}/{binary.name}.json", json.dumps(state, sort_keys=True))
    return f"installed {', '.join(PurePosixPath(path).name for path in files)}"


def _is_installed(host: Host, binary: Binary, source: Download) -> bool:
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        state = json.loads(host.read(f"{STATE}/{binary.name}.json") or "")
        found = {path: _digest(host.path(path)) for path in state["files"]}
        return state["sha256"] == source.sha256 and found == state["files"]
    return False


def _digest(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _install(agent: Agent, binary: Binary, source: Download) -> dict[str, str]:
    """Download and unpack. Returns path → digest of what was installed."""
    host = agent.host
    part = host.path(f"{STATE}/{binary.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not _fetch_mirrored(agent, source, part):
            _download(source, part)
        return _unpack(host, binary, part) if binary.members else _place(host, binary, part)
    finally:
        part.unlink(missing_ok=True)


def _fetch_mirrored(agent: Agent, source: Download, part: Path) -> bool:
    """Fetch the copy in the payload bucket; False if there is none, or not this file.

    One try: S3 answers 403 for an object that does not exist, since nodes may not list the bucket.
    """

    def write(blocks: Iterator[bytes]) -> None:
        with part.open("wb") as file:
            for block in blocks:
                file.write(block)

    try:
        aws = agent.aws.with_retry_policy(RetryPolicy(0))
        aws.fetch(bucket_of(agent.config.boot.payload), mirrored_key(source.sha256), write)
    except (MissingError, AgentError):
        return False
    return _digest(part) == source.sha256


def _download(source: Download, part: Path) -> None:
    mirror = "if this network cannot reach it, run `tripod mirror`, or set a mirror in `tripod:supply`"
    try:
        # The digest decides what is run, not the scheme.
        with urlopen(source.url, timeout=SECONDS) as answer, part.open("wb") as file:  # noqa: S310
            while block := answer.read(_BLOCK):
                file.write(block)
    except (OSError, HTTPException, ValueError) as error:
        raise RetryableError(f"{source.url}: {error}; {mirror}") from error
    found = _digest(part)
    if found != source.sha256:
        raise RetryableError(f"{source.url} has the sha256 {found}, not {source.sha256}; {mirror}")


def _unpack(host: Host, binary: Binary, part: Path) -> dict[str, str]:
    drafts: dict[str, Path] = {}
    missing = set(binary.members)
    try:
        with tarfile.open(part) as archive:
            for member in archive:
                matches = binary.matching_globs(member.name) if member.isfile() else set[str]()
                content = archive.extractfile(member) if matches else None
                if content is not None:
                    # The last part of its name alone: no archive writes elsewhere.
                    path = f"{binary.folder}/{PurePosixPath(member.name).name}"
                    drafts[path] = _draft(host, path, content)
                    missing -= matches
    except tarfile.TarError as error:
        raise AgentError(f"the archive of {binary.name} cannot be unpacked: {error}") from error
    if missing:
        for draft in drafts.values():
            draft.unlink()
        raise AgentError(f"the archive of {binary.name} lacks {', '.join(sorted(missing))}")
    return _move_into_place(host, drafts)


def _place(host: Host, binary: Binary, part: Path) -> dict[str, str]:
    path = f"{binary.folder}/{binary.name}"
    with part.open("rb") as content:
        return _move_into_place(host, {path: _draft(host, path, content)})


def _draft(host: Host, path: str, content: IO[bytes]) -> Path:
    target = host.path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    with draft.open("wb") as file:
        while block := content.read(_BLOCK):
            file.write(block)
    draft.chmod(0o755)
    return draft


def _move_into_place(host: Host, drafts: Mapping[str, Path]) -> dict[str, str]:
    """Move complete files into place. A running program keeps its old one."""
    digests = {path: _digest(draft) for path, draft in drafts.items()}
    for path, draft in drafts.items():
        draft.rename(host.path(path))
    return digests
