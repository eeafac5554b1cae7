"""Binaries are built once, and half a build is none; with a `go` that only pretends."""

from pathlib import Path

import pytest

import binaries
from tripod.supply.versions import CNI_PLUGINS, CRICTL, ETCD, KUBERNETES

PRETENDING = """#!/bin/sh
echo "$@" >> "$CALLS"
[ "$1" = build ] || { echo go1.99; exit; }
while [ "$1" != -o ]; do shift; done
[ "$(basename "$2")" = "$FAILS" ] && { echo "out of disk" >&2; exit 1; }
mkdir -p "$(dirname "$2")" && touch "$2"
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The arguments of the fake `go`, a call a line."""
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(PRETENDING)
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setattr(binaries, "CACHE", tmp_path / "cache")
    monkeypatch.delenv(binaries.READY, raising=False)
    return tmp_path / "calls"


def builds(calls: Path) -> int:
    return sum(line.startswith("build ") for line in calls.read_text().splitlines())


def test_they_are_built_once(calls: Path):
    folder = binaries.binaries()
    assert {file.name for file in folder.iterdir()} == set(binaries.names())
    assert builds(calls) == len(binaries.names())
    assert binaries.binaries() == folder
    assert builds(calls) == len(binaries.names())


def test_half_a_build_is_none(calls: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FAILS", binaries.names()[-1])
    with pytest.raises(binaries.CannotBuildError, match="out of disk"):
        binaries.binaries()
    monkeypatch.delenv("FAILS")
    assert {file.name for file in binaries.binaries().iterdir()} == set(binaries.names())


def test_each_is_built_for_who_needs_it(calls: Path):
    folder = binaries.binaries(modules=["prometheus"])
    assert [file.name for file in folder.iterdir()] == ["promtool"]
    assert binaries.binaries(modules=["helm"]) != folder
    assert builds(calls) == 2


def test_another_version_is_another_folder(calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = binaries.binaries()
    for module in binaries.PACKAGES:
        (tmp_path / "modules" / module).mkdir(parents=True)
        for file in (binaries.MODULES / module).iterdir():
            text = file.read_text().replace(f"v{ETCD}", "v3.6.99")
            (tmp_path / "modules" / module / file.name).write_text(text)
    monkeypatch.setattr(binaries, "MODULES", tmp_path / "modules")
    assert binaries.binaries() != before


def test_ready_ones_are_taken_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    assert "no `go` on PATH" in (binaries.missing() or "")
    monkeypatch.setenv(binaries.READY, str(tmp_path))
    assert "lacks etcd, etcdctl" in (binaries.missing() or "")
    with pytest.raises(binaries.CannotBuildError):
        binaries.binaries()
    for name in binaries.names():
        (tmp_path / name).touch(0o755)
    assert binaries.missing() is None
    assert binaries.binaries() == tmp_path


def test_they_are_the_versions_that_we_ship(calls: Path):
    binaries.binaries()
    assert f"component-base/version.gitVersion=v{KUBERNETES} " in calls.read_text()
    assert f"etcd/server/v3 v{ETCD}\n" in (binaries.MODULES / "etcd" / "go.mod").read_text()
    of_a_node = (binaries.MODULES / "node" / "go.mod").read_text()
    assert f"sigs.k8s.io/cri-tools v{CRICTL}\n" in of_a_node
    assert f"containernetworking/plugins v{CNI_PLUGINS}\n" in of_a_node
