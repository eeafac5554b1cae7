import tomllib
from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import FakeHost, failed
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.host import CommandError
from tripod.bootstrap.agent.instance.documents import ImageSupply
from tripod.bootstrap.agent.node.containerd import (
    CONFIG,
    PROGRAM,
    UNIT,
    config,
    mirror_files,
    mirror_hosts,
    prepare_containerd,
    version,
)
from tripod.bootstrap.documents import image_supply

PAUSE = "registry.k8s.io/pause:3.10.2"
UPSTREAM = "containerd github.com/containerd/containerd/v2 v2.3.7 9c3c1a1f"
DEBIAN = "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1"


@pytest.mark.parametrize(("printed", "found"), [(UPSTREAM, (2, 3)), (DEBIAN, (1, 6))])
def test_the_version_is_read_from_what_containerd_prints(printed: str, found: tuple[int, int]) -> None:
    assert version(printed) == found


def test_something_that_prints_no_version_is_refused() -> None:
    with pytest.raises(AgentError, match="prints 'containerd'"):
        version("containerd\n")


def images_plugin(parsed: dict[str, Any]) -> dict[str, Any]:
    return parsed["plugins"]["io.containerd.cri.v1.images"]


@pytest.mark.parametrize("installed", [(2, 0), (2, 1), (2, 3)])
def test_containerd_2_is_configured_in_its_third_form(installed: tuple[int, int]) -> None:
    parsed = tomllib.loads(config(installed, PAUSE))
    runtime = parsed["plugins"]["io.containerd.cri.v1.runtime"]
    assert parsed["version"] == 3
    assert images_plugin(parsed)["pinned_images"] == {"sandbox": PAUSE}
    assert images_plugin(parsed)["registry"] == {"config_path": "/etc/containerd/certs.d"}
    assert runtime["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is True
    folders = runtime["cni"]
    assert folders.get("bin_dirs") == (["/opt/cni/bin"] if installed >= (2, 1) else None)
    assert folders.get("bin_dir") == (None if installed >= (2, 1) else "/opt/cni/bin")


def test_debians_containerd_is_configured_in_its_second_form() -> None:
    parsed = tomllib.loads(config((1, 6), PAUSE))
    plugin = parsed["plugins"]["io.containerd.grpc.v1.cri"]
    assert parsed["version"] == 2
    assert plugin["sandbox_image"] == PAUSE
    assert plugin["registry"] == {"config_path": "/etc/containerd/certs.d"}
    assert plugin["containerd"]["runtimes"]["runc"]["options"]["SystemdCgroup"] is True
    assert plugin["cni"]["bin_dir"] == "/opt/cni/bin"


@pytest.mark.parametrize("pause", ['x"\n[evil]', "", "a b"])
def test_a_pause_image_that_is_none_is_refused(pause: str) -> None:
    with pytest.raises(AgentError, match="is no image"):
        config((2, 3), pause)


@pytest.mark.parametrize(
    ("mirror", "found"),
    [
        ("mirror.example.com", {"server": "https://mirror.example.com"}),
        ("mirror.example.com:5000/", {"server": "https://mirror.example.com:5000"}),
        ("http://10.0.2.2:5000", {"server": "http://10.0.2.2:5000"}),
        (
            "mirror.example.com/k8s/all",
            {"server": "https://mirror.example.com/v2/k8s/all", "override_path": True},
        ),
    ],
)
def test_a_mirror_is_the_only_place_that_is_asked(mirror: str, found: dict[str, Any]) -> None:
    parsed = tomllib.loads(mirror_hosts(mirror))
    assert parsed == {**found, "capabilities": ["pull", "resolve"]}


@pytest.mark.parametrize("mirror", ["", 'x"', "ftp://mirror", "mirror/../etc", "a b", "mirror\n"])
def test_a_mirror_that_is_none_is_refused(mirror: str) -> None:
    with pytest.raises(AgentError, match="is no registry"):
        mirror_hosts(mirror)


@pytest.mark.parametrize("registry", ["../../etc", "", "Registry", "a/b"])
def test_a_registry_that_is_none_is_refused(registry: str) -> None:
    with pytest.raises(AgentError, match="registry"):
        mirror_files({registry: "mirror.example.com"})


def test_with_a_mirror_every_image_of_a_node_comes_from_it() -> None:
    found = image_supply({"registry.k8s.io": "mirror.example.com/k8s"})
    assert found.repository == "mirror.example.com/k8s"
    assert found.pause.startswith("mirror.example.com/k8s/pause:")
    assert list(mirror_files(found.mirrors)) == ["/etc/containerd/certs.d/registry.k8s.io/hosts.toml"]


def host(folder: Path, printed: str) -> FakeHost:
    made = FakeHost(folder)
    made.replies.update({"containerd --version": printed, "systemctl": ""})
    return made


def test_it_is_configured_and_started_and_left_alone_when_nothing_changed(tmp_path: Path) -> None:
    machine = host(tmp_path, UPSTREAM)
    machine.write(PROGRAM, "the binary")
    wanted = ImageSupply("registry.k8s.io", PAUSE, {"docker.io": "mirror.example.com"})
    prepare_containerd(machine, wanted)
    assert tomllib.loads(machine.read(CONFIG) or "")["version"] == 3
    assert f"ExecStart={PROGRAM}\n" in (machine.read(f"/etc/systemd/system/{UNIT}") or "")
    assert "mirror.example.com" in (machine.read("/etc/containerd/certs.d/docker.io/hosts.toml") or "")
    assert f"systemctl restart {UNIT}" in machine.commands
    machine.commands.clear()
    prepare_containerd(machine, wanted)
    # A restart of the runtime is nothing that every power-on should bring twice.
    assert machine.ran("systemctl restart") == []
    assert machine.ran("systemctl start") == [f"systemctl start {UNIT}"]


def test_a_package_keeps_its_own_unit(tmp_path: Path) -> None:
    machine = host(tmp_path, DEBIAN)
    prepare_containerd(machine, ImageSupply("registry.k8s.io", PAUSE, {}))
    assert not machine.path(f"/etc/systemd/system/{UNIT}").exists()
    assert tomllib.loads(machine.read(CONFIG) or "")["version"] == 2


def test_a_missing_containerd_is_said(tmp_path: Path) -> None:
    machine = host(tmp_path, UPSTREAM)
    machine.replies["containerd --version"] = failed("containerd is not installed", 127)
    with pytest.raises(CommandError, match="not installed"):
        prepare_containerd(machine, ImageSupply("registry.k8s.io", PAUSE, {}))
