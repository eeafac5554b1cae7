import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

import tripod.bootstrap.archive as packing
from tripod.bootstrap.archive import Archive, agent_archive

SHIPPED = Path(packing.__file__).parent / "agent"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the agent, which is packed instead of the shipped one."""
    copy = tmp_path / "agent"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("__pycache__"))

    def files(_: str) -> Path:
        return tmp_path

    monkeypatch.setattr(packing, "files", files)
    return copy


def packed() -> Archive:
    """Packed anew: the function remembers its result."""
    agent_archive.cache_clear()
    try:
        return agent_archive()
    finally:
        agent_archive.cache_clear()


ORIGINAL = packed()


def entries(archive: Archive) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
        return tar.getmembers()


def test_a_copy_elsewhere_is_the_same_archive(agent: Path) -> None:
    assert agent.parent != SHIPPED.parent
    assert packed() == ORIGINAL


def test_times_and_modes_of_files_do_not_matter(agent: Path) -> None:
    before = packed()
    for position, file in enumerate(agent.rglob("*.py")):
        os.utime(file, (1_000_000_000 + position, 1_000_000_000 + position))
        file.chmod(0o600 if position % 2 else 0o755)
    assert packed() == before


def test_the_umask_does_not_matter(agent: Path) -> None:
    before = packed()
    previous = os.umask(0o077)
    try:
        assert packed() == before
    finally:
        os.umask(previous)


def test_what_python_leaves_behind_is_not_packed(agent: Path) -> None:
    before = packed()
    (agent / "__pycache__").mkdir()
    (agent / "__pycache__" / "left.py").write_text("left = 1")
    (agent / "module.pyc").write_bytes(b"left")
    (agent / "notes.txt").write_text("left")
    assert packed() == before


def test_every_change_of_the_agent_changes_its_name(agent: Path) -> None:
    seen = {packed().sha256}
    (agent / "deeper").mkdir()
    (agent / "deeper" / "added.py").write_text("one = 1\n")
    seen.add(packed().sha256)
    (agent / "deeper" / "added.py").write_text("one = 2\n")
    seen.add(packed().sha256)
    (agent / "deeper" / "added.py").rename(agent / "deeper" / "renamed.py")
    seen.add(packed().sha256)
    assert len(seen) == 4


def test_an_archive_is_named_by_the_digest_of_its_bytes() -> None:
    archive = packed()
    assert archive.sha256 == hashlib.sha256(archive.content).hexdigest()


def test_an_archive_extracts_to_the_agent_and_nowhere_else(agent: Path, tmp_path: Path) -> None:
    (agent / "deeper").mkdir()
    (agent / "deeper" / "module.py").write_text("one = 1\n")
    target = tmp_path / "home"
    with tarfile.open(fileobj=io.BytesIO(packed().content)) as tar:
        tar.extractall(target, filter="data")
    extracted = {file.relative_to(target): file.read_bytes() for file in target.rglob("*") if file.is_file()}
    assert extracted == {file.relative_to(tmp_path): file.read_bytes() for file in agent.rglob("*.py")}
    assert Path("agent/__main__.py") in extracted


def test_entries_say_nothing_of_who_packed_them_and_when() -> None:
    found = entries(packed())
    assert [entry.name for entry in found] == sorted(entry.name for entry in found)
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname, entry.mode) for entry in found} == {
        (0, 0, 0, "", "", 0o644)
    }


def test_an_archive_is_not_compressed_because_what_a_compressor_makes_differs_between_machines() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed().content), mode="r:") as tar:
        assert "agent/__main__.py" in tar.getnames()
    assert (SHIPPED / "__main__.py").read_bytes() in packed().content
