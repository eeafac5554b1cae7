"""What the boot tests need of the system is installed where that was asked for and can be, and nowhere else."""

import os
from pathlib import Path

import pytest

import boot_tools
import machine_image


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without QEMU, with an apt-get that writes down what it is asked for, and root at work."""
    calls, folder = tmp_path / "calls", tmp_path / "bin"
    folder.mkdir()
    program = folder / "apt-get"
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    program.chmod(0o755)
    calls.touch()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(machine_image, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv(machine_image.SKIP, raising=False)
    return calls


def test_what_is_missing_is_installed(apt: Path):
    assert boot_tools.main() == 0
    update, install = apt.read_text().splitlines()
    assert update.endswith("update")
    assert {"qemu-system-x86", "qemu-utils", "mmdebstrap"} < set(install.split())


def test_nothing_is_installed_by_somebody_else_than_root(
    apt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert boot_tools.main() == 0
    assert apt.read_text() == ""
    assert "need root and the Debian packages qemu-system-x86" in " ".join(capsys.readouterr().err.split())


def test_nothing_is_installed_for_tests_that_are_left_out(apt: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(machine_image.SKIP, "1")
    assert boot_tools.main() == 0
    assert apt.read_text() == ""
    assert machine_image.missing() == "TRIPOD_SKIP_BOOT is set"


def test_a_failure_leaves_the_other_tests_alone(apt: Path, capsys: pytest.CaptureFixture[str]):
    (Path(os.environ["PATH"]) / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    assert boot_tools.main() == 0
    assert "apt-get failed" in capsys.readouterr().err
    assert "`make boot-tools`" in (machine_image.missing() or "")
