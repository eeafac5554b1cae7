"""Hosts for the boot agent whose commands run on an instance; systemd and volumes are faked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.controlplane.instances.instance import Instance
from support.controlplane.instances.process import Process
from tripod.bootstrap.agent.etcd.config import UNIT, UNIT_FILE
from tripod.bootstrap.agent.host.filesystem import LABEL, MOUNT_POINT, MOUNT_UNIT
from tripod.bootstrap.agent.host.host import CommandError, Host


@dataclass
class Volume:
    """A member's volume: a folder.

    Attributes:
        folder: what is on it.
        formatted: whether it has a file system.
        id: its id in the emulated account.
    """

    folder: Path
    id: str
    formatted: bool = False


@dataclass(frozen=True)
class InstanceHost(Host):
    """An instance's files and commands; systemd does nothing.

    Attributes:
        instance: the instance.
        commands: the commands that were run, in order.
    """

    instance: Instance = field(kw_only=True)
    commands: list[str] = field(default_factory=list[str])

    def run(
        self,
        *command: str,
        given: str | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = 900,
    ) -> str:
        self.commands.append(" ".join(command))
        answer = self.faked(*command)
        if answer is not None:
            return answer
        if command[0] == "openssl":
            return super().run(*command, given=given, environment=environment, seconds=seconds)
        assert command[0] in ("kubeadm", "kubectl", "curl", "etcdctl", "etcdutl"), command
        return self.really(*command, given=given, seconds=seconds)

    def faked(self, *command: str) -> str | None:
        """Answer a command that is faked; None for one that is to be run."""
        return "" if command[0] == "systemctl" else None

    def really(self, *command: str, given: str | None = None, seconds: float = 120) -> str:
        """Run a command on the instance."""
        done = self.instance.run(*command, given=given, check=False, seconds=seconds)
        if done.returncode:
            raise CommandError(command, done.returncode, done.stderr or done.stdout)
        return done.stdout


@dataclass(frozen=True)
class MemberHost(InstanceHost):
    """An instance of a member of etcd, with its volume and its unit.

    Attributes:
        volume: the attached volume.
        running: the processes that its systemd runs: unit → process.
    """

    volume: Volume = field(kw_only=True)
    running: dict[str, Process] = field(default_factory=dict[str, Process])

    def path(self, path: str) -> Path:
        # The machine's own devices are not the instance's.
        if path.startswith(("/sys/", "/dev/")):
            return self.volume.folder.with_suffix(".devices") / path.lstrip("/")
        return super().path(path)

    def faked(self, *command: str) -> str | None:
        match command:
            case ("wipefs", *_):
                return "ext4\n" if self.volume.formatted else ""
            case ("blkid", *_):
                return f"LABEL={LABEL}\nUUID={self.volume.id}\nTYPE=ext4\n"
            case ("mkfs.ext4", *_):
                self.volume.formatted = True
            case ("systemctl", *rest):
                self._systemctl(tuple(rest))
            case ("resize2fs" | "chown", *_):
                pass
            case _:
                return None
        return ""

    def _systemctl(self, command: tuple[str, ...]) -> None:
        match command:
            case ("daemon-reload",) | ("enable", _):
                pass
            case ("start" | "restart", unit) if unit == MOUNT_UNIT:
                if self.instance.run("mountpoint", "--quiet", MOUNT_POINT, check=False).returncode:
                    self.instance.run("mount", "--bind", str(self.volume.folder), MOUNT_POINT)
            case ("stop", unit):
                if unit in self.running:
                    self.running[unit].stop()
            case ("start", "--no-block", unit) if unit == UNIT:
                self._start_etcd()
            case _:
                raise AssertionError(command)

    def _start_etcd(self) -> None:
        """Start what the unit says, unless it runs."""
        lines = (self.read(UNIT_FILE) or "").splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        if self.path(found["ConditionPathExists"].removeprefix("!")).exists():
            return
        assert self.path(found["AssertPathExists"]).exists()
        process = self.running.setdefault(UNIT, Process(self.instance, "etcd", found["ExecStart"].split()))
        if not process.running:
            process.start()
