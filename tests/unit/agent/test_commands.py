"""The agent as systemd and people call it."""

import fcntl
import json
import subprocess
import sys
import tarfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import BOOT, DOCUMENT, FakeHost, FakeInstance, member_instance
from tripod.bootstrap.agent import __main__ as command
from tripod.bootstrap.agent import roles
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.agent.core.phases import Phase
from tripod.bootstrap.agent.etcd import role as etcd
from tripod.bootstrap.agent.instance.boot_unit import BOOT_UNIT, IN_UNIT, boot_unit
from tripod.bootstrap.agent.roles import Role, role_named
from tripod.bootstrap.archive import agent_archive
from tripod.bootstrap.documents import document_text


class Called:
    """The agent on an instance in a folder, with phases that only say that they were there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.machine = FakeHost(folder, replies={"systemctl": ""})
        self.machine.write(f"{HOME}/boot.json", json.dumps(asdict(BOOT)))
        self.machine.write(f"{HOME}/document.json", document_text(DOCUMENT))
        role = Role((roles.INSTALL_BOOT_UNIT, *(self._phase(name) for name in ("one", "two"))), {"act": self._act})

        def named(_: str) -> Role:
            return role

        monkeypatch.setattr(command, "role_named", named)
        monkeypatch.delenv(IN_UNIT, raising=False)

    def __call__(self, *arguments: str) -> int:
        return command.main(arguments, self.machine)

    def _phase(self, name: str) -> Phase[Any]:
        def act(_: Any) -> str:
            if name in self.failing:
                raise AgentError("it cannot")
            self.done.append(name)
            return "done"

        return Phase(name, f"does {name}", act)

    def _act(self, _: Any) -> str:
        self.done.append("act")
        return "acted"

    failing: tuple[str, ...] = ()


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Called:
    return Called(tmp_path, monkeypatch)


def test_cloud_inits_boot_hands_over_to_systemd(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    """What cloud-init starts once is not started again when it fails."""
    assert called("boot") == 0
    assert called.done == []
    assert called.machine.read(f"/etc/systemd/system/{BOOT_UNIT}") == boot_unit()
    assert called.machine.commands == [
        "systemctl daemon-reload",
        f"systemctl enable {BOOT_UNIT}",
        f"systemctl start --no-block {BOOT_UNIT}",
    ]
    assert f"journalctl -u {BOOT_UNIT}" in capsys.readouterr().out


def test_systemds_boot_runs_every_phase_with_a_line_each(
    called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(IN_UNIT, "1")
    assert called("boot") == 0
    assert called.done == ["one", "two"]
    assert not called.machine.ran("systemctl start")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["boot-unit", "one", "two"]
    assert all(line.startswith("tripod: ") for line in lines)


def test_a_boot_that_fails_is_one_line_and_goes_on_when_it_is_repeated(
    called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(IN_UNIT, "1")
    called.failing = ("two",)
    assert called("boot") == 1
    assert capsys.readouterr().err == "tripod: it cannot\n"
    called.failing = ()
    assert called("boot") == 0
    assert called.done == ["one", "one", "two"]


def test_a_phase_is_run_alone(called: Called) -> None:
    assert called("phase", "two") == 0
    assert called.done == ["two"]


def test_phases_are_listed_with_what_they_do(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("phases") == 0
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in listed] == ["boot-unit", "one", "two"]
    assert listed[1][1] == "does one"
    assert called.done == []


def test_a_command_is_run_and_says_what_came_of_it(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("act") == 0
    assert called.done == ["act"]
    assert capsys.readouterr().out == "tripod: act: acted\n"


@pytest.mark.parametrize("arguments", [[], ["phase"], ["phase", "three"], ["what"], ["boot", "now"]])
def test_what_is_not_understood_is_answered_with_what_there_is(
    called: Called, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert called(*arguments) == 2
    said = capsys.readouterr().err
    assert "usage" in said
    assert "one, two" in said
    assert called.done == []


def test_two_boots_do_not_work_at_the_same_time(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    lock = called.machine.path(command.LOCK)
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert called("phase", "one") == 1
        assert "a boot is at work" in capsys.readouterr().err
        assert called("act") == 0, "timers do not wait for boots"
    assert called("phase", "one") == 0


def test_an_instance_without_boot_pointers_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["boot"], FakeHost(tmp_path)) == 1
    assert capsys.readouterr().err.startswith("tripod: /opt/tripod/boot.json does not exist")


def test_an_unknown_role_is_named() -> None:
    with pytest.raises(AgentError, match="does not know the role 'cook'"):
        role_named("cook")


def test_the_timers_phase_installs_what_it_says(tmp_path: Path) -> None:
    on: FakeInstance = member_instance(tmp_path, systemctl="")
    (phase,) = [phase for phase in etcd.PHASES if phase.name == "timers"]
    assert phase.act(on.agent) == "snapshot every 30 minutes, renew every 1440 minutes"
    for name in ("snapshot", "renew"):
        assert f"systemctl enable tripod-{name}.timer" in on.machine.commands


def test_the_packed_agent_runs_by_itself(tmp_path: Path) -> None:
    """As on an instance: unpacked, without this repository and without the packages that the first phase installs."""
    with tarfile.open(fileobj=BytesIO(agent_archive().content)) as archive:
        archive.extractall(tmp_path, filter="data")
    program = f"""
import sys
sys.modules["boto3"] = sys.modules["botocore"] = sys.modules["cryptography"] = None
from pathlib import Path
from typing import Any
from agent.__main__ import main
from agent.host.host import Host
from agent.roles import role_named
for role in ("etcd", "control-plane", "workers"):
    role_named(role)
sys.exit(main(["phases"], Host(Path({str(tmp_path)!r}))))
"""
    FakeHost(tmp_path).write(f"{HOME}/boot.json", json.dumps(asdict(BOOT)))
    FakeHost(tmp_path).write(f"{HOME}/document.json", document_text(DOCUMENT))
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert "membership" in done.stdout
