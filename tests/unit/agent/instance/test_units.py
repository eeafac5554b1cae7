import shutil
import subprocess
from pathlib import Path

import pytest

from support.agent.instance import FakeHost
from tripod.bootstrap.agent.etcd.config import PROGRAM, UNIT, etcd_unit
from tripod.bootstrap.agent.etcd.role import timers
from tripod.bootstrap.agent.host.filesystem import MOUNT_UNIT, mount_unit
from tripod.bootstrap.agent.host.units import FOLDER, Timer, install_timer
from tripod.bootstrap.agent.instance.boot_unit import BOOT_UNIT, IN_UNIT, boot_unit

TIMERS = timers(30)


def test_a_timer_calls_its_command_and_a_failure_stays_visible() -> None:
    timer = Timer("snapshot", "a snapshot", 30, spread=5)
    assert timer.unit == "tripod-snapshot.timer"
    service, timed = timer.service_text(), timer.timer_text()
    assert "ExecStart=/usr/bin/python3 -m agent snapshot\n" in service
    assert "WorkingDirectory=/opt/tripod\n" in service
    # Neither restarted nor remembered as active: a failed call is a failed unit, and the timer calls it again.
    assert "Restart" not in service
    assert "RemainAfterExit" not in service
    assert "OnBootSec=30min\nOnUnitActiveSec=30min\nRandomizedDelaySec=5min\n" in timed


def test_a_timer_is_installed_once(tmp_path: Path) -> None:
    machine = FakeHost(tmp_path, replies={"systemctl": ""})
    for _ in range(2):
        install_timer(machine, TIMERS[0])
    assert machine.read(f"{FOLDER}/tripod-snapshot.service") == TIMERS[0].service_text()
    assert machine.commands == [
        "systemctl daemon-reload",
        "systemctl enable tripod-snapshot.timer",
        "systemctl restart tripod-snapshot.timer",
        "systemctl daemon-reload",
        "systemctl enable tripod-snapshot.timer",
        "systemctl start tripod-snapshot.timer",
    ]


def test_a_member_takes_snapshots_as_often_as_configured_and_looks_at_its_certificate_daily() -> None:
    assert {timer.command: timer.minutes for timer in timers(15)} == {"snapshot": 15, "renew": 1440}


def test_the_boot_is_repeated_until_it_has_succeeded() -> None:
    lines = set(boot_unit().splitlines())
    assert {"Type=oneshot", "RemainAfterExit=yes", "Restart=on-failure", f"Environment={IN_UNIT}=1"} <= lines
    assert "ExecStart=/usr/bin/python3 -m agent boot" in lines
    assert any(line.startswith("RestartSec=") for line in lines)
    # It is never too often.
    assert "StartLimitIntervalSec=0" in lines


UNITS = {
    BOOT_UNIT: boot_unit(),
    UNIT: etcd_unit(),
    MOUNT_UNIT: mount_unit("0-1"),
    **{timer.unit: timer.timer_text() for timer in TIMERS},
    **{timer.unit.replace(".timer", ".service"): timer.service_text() for timer in TIMERS},
}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_unit(tmp_path: Path, unit: str) -> None:
    for name, text in UNITS.items():
        # Programs that this machine lacks are not what is looked at.
        present = text.replace(PROGRAM, "/bin/true").replace("/usr/bin/python3", "/bin/true")
        (tmp_path / name).write_text(present.replace("User=etcd", "User=root").replace("Group=etcd", "Group=root"))
    command = ["systemd-analyze", "verify", "--recursive-errors=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if unit in line or "Unknown" in line] == []
    broken = (tmp_path / unit).read_text().replace("Description=", "Descrption=")
    (tmp_path / unit).write_text(broken)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "'Descrption'" in done.stderr
