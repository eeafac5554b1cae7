"""Reproducible archive of the boot agent."""

import hashlib
import io
import tarfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Archive:
    """A packed agent.

    Attributes:
        content: the .tar, not compressed: compressors' output differs between machines.
        sha256: its digest, in hexadecimal.
    """

    content: bytes
    sha256: str


@cache
def agent_archive() -> Archive:
    """Pack the agent that ships with this distribution.

    Names are sorted and times, owners and modes fixed: only a change of the agent changes the digest.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(_files(files("tripod.bootstrap").joinpath("agent"), "agent")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            archive.addfile(entry, io.BytesIO(content))
    content = packed.getvalue()
    return Archive(content, hashlib.sha256(content).hexdigest())


def _files(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        path = f"{name}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            found.extend(_files(entry, path))
        elif entry.is_file() and entry.name.endswith(".py"):
            found.append((path, entry.read_bytes()))
    return found
