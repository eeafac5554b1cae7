"""Upgrades, networkd, logind and cloud-init, with the files that their packages and the kubelet bring."""

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.agent.instance import FakeHost, failed
from tripod.bootstrap.agent.host.distribution_services import UPGRADE_TIMERS, prepare_services, stop_upgrades
from tripod.bootstrap.agent.node.kubelet_config import kubelet_configuration
from tripod.bootstrap.agent.roles import role_named

VENDOR = "/usr/lib/systemd/logind.conf.d"
LOGIND = {
    # The file of that name in debian/, which debian/install puts there (mvo5/unattended-upgrades).
    f"{VENDOR}/unattended-upgrades-logind-maxdelay.conf": "[Login]\n# delay\nInhibitDelayMaxSec=30\n",
    # OverrideInhibitDelay in pkg/kubelet/nodeshutdown/systemd/inhibit_linux.go, Kubernetes 1.36.4.
    "/etc/systemd/logind.conf.d/99-kubelet.conf": "# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=45\n",
    "/etc/systemd/logind.conf": "[Login]\n#InhibitDelayMaxSec=5\n",
}
NETWORKD = {"/etc/systemd/networkd.conf": "[Network]\n#ManageForeignRoutes=yes\n#ManageForeignRoutingPolicyRules=yes\n"}

# default_update_events of cloudinit/sources/DataSourceEc2.py, 26.1-0ubuntu1_24.04.1.
EC2_EVENTS = {"boot-new-instance", "hotplug"}


def machine(folder: Path, **replies: Any) -> FakeHost:
    made = FakeHost(folder, {"systemctl": "", **replies})
    for path, text in {**LOGIND, **NETWORKD}.items():
        made.write(path, text)
    return made


def in_force(host: FakeHost, name: str) -> configparser.SectionProxy:
    """The settings that count, of the files in the order in which systemd itself reads them."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here")
    command = (program, f"--root={host.root}", "cat-config", f"systemd/{name}.conf")
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    parser.read_string(printed)
    return parser[{"logind": "Login", "networkd": "Network"}[name]]


def test_a_nodes_shutdown_waits_as_long_as_its_kubelet_asks(tmp_path: Path) -> None:
    host = machine(tmp_path)
    assert in_force(host, "logind")["InhibitDelayMaxSec"] == "30"
    prepare_services(host)
    asked = kubelet_configuration("10.96.0.10")["shutdownGracePeriod"]
    assert in_force(host, "logind")["InhibitDelayMaxSec"] + "s" == asked
    assert "systemctl kill --signal=HUP systemd-logind.service" in host.commands


def test_networkd_leaves_routes_and_rules_of_the_network_plugin(tmp_path: Path) -> None:
    host = machine(tmp_path)
    prepare_services(host)
    settings = in_force(host, "networkd")
    assert (settings["ManageForeignRoutes"], settings["ManageForeignRoutingPolicyRules"]) == ("no", "no")
    # It reads them when it starts, and only then; a second run restarts nothing.
    restart = "systemctl try-restart systemd-networkd.service"
    prepare_services(host)
    assert host.commands.count(restart) == 1


def test_cloud_init_configures_no_interface_that_is_attached_later(tmp_path: Path) -> None:
    host = machine(tmp_path)
    prepare_services(host)
    [file] = host.path("/etc/cloud/cloud.cfg.d").iterdir()
    # cloud-init merges files of that folder, in the order of their names, that end so; `updates` replaces the default.
    assert file.suffix == ".cfg"
    events = yaml.safe_load(file.read_text())["updates"]["network"]["when"]
    assert set(events) == EC2_EVENTS - {"hotplug"}


def test_an_instance_without_logind_is_prepared_too(tmp_path: Path) -> None:
    host = machine(tmp_path, **{"systemctl is-active": failed("inactive", 3)})
    prepare_services(host)
    assert not host.ran("systemctl kill")


@pytest.mark.parametrize("name", ["etcd", "control-plane", "workers"])
def test_upgrades_are_off_before_anything_is_installed(name: str) -> None:
    phases = [phase.name for phase in role_named(name).phases]
    assert phases[:2] == ["boot-unit", "upgrades"]


def test_a_masked_timer_is_masked_again(tmp_path: Path) -> None:
    program = shutil.which("systemctl")
    if program is None:
        pytest.skip("systemctl is not here")

    def mask(*command: str) -> str:
        # --now stops what runs, of which there is nothing in a folder.
        options = [one for one in command[1:] if one != "--now"]
        subprocess.run((program, f"--root={tmp_path}", *options), capture_output=True, check=True)
        return ""

    host = machine(tmp_path, **{"systemctl mask --now": mask})
    stop_upgrades(host)
    stop_upgrades(host)
    for timer in UPGRADE_TIMERS:
        assert host.path(f"/etc/systemd/system/{timer}").readlink() == Path("/dev/null")
