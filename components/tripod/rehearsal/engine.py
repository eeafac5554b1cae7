"""The real engine, where the `pulumi` command is on PATH: on the emulated AWS for a stack that names an emulator."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tripod.core.sockets import listens
from tripod.rehearsal.local_kubernetes import VARIABLE
from tripod.stack.project import Project

KUBECONFIG_VARIABLE = "TRIPOD_KUBECONFIG"
"""Kubeconfig that replaces the cluster's own in a stack's program; empty: no Kubernetes resources are declared."""

START_SECONDS = 60
"""Timeout for the emulator's start, in seconds."""


class EngineError(Exception):
    """The engine failed, or the emulator did not start."""


@dataclass(frozen=True)
class LocalEngine:
    """An engine whose AWS is an emulator on loopback, with its state beside the project.

    Attributes:
        project: the project.
        stack: the stack.
        endpoint: the emulator's address, as the stack names it.
    """

    project: Project
    stack: str
    endpoint: str

    @property
    def folder(self) -> Path:
        """Folder of state and logs."""
        return self.project.folder / ".cache" / self.stack

    def up(self, report: Callable[[str], None]) -> None:
        """Start the emulator if it does not listen, and bring the stack up.

        Args:
            report: called with each step, as text for the terminal.

        Raises:
            EngineError: the emulator does not start, or the engine fails.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not _listens(self.endpoint):
            report("Starting the emulated AWS")
            # A new emulator is empty: the engine's state of the former one is invalid.
            shutil.rmtree(self._state, ignore_errors=True)
            self._start_emulator()
        self._state.mkdir(parents=True, exist_ok=True)
        self.pulumi("stack", "select", "--create", self.stack)
        if not self._kubeconfig():
            report(f"pulumi up, without what lives in the cluster: {VARIABLE} names no kubeconfig")
        else:
            report("pulumi up")
        self.pulumi("up", "--yes", "--skip-preview", "--stack", self.stack)

    def down(self) -> None:
        """Stop the emulator, and delete the engine's state."""
        if (process := self._emulator()) is not None:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _emulator(self) -> int | None:
        """The emulator's process, if it runs: its number may be another's since the machine was started anew."""
        try:
            process = int(self._pid.read_text())
        except (OSError, ValueError):
            return None
        return process if _arguments(process)[-len(self._command) + 1 :] == self._command[1:] else None

    @property
    def _command(self) -> list[str]:
        """Command that runs the emulator."""
        port = urlsplit(self.endpoint).port or 0
        return [sys.executable, "-m", "tripod.cli", "emulator", "--port", str(port)]

    def pulumi(self, *arguments: str) -> None:
        """Run a command of the engine, its output to the terminal.

        Raises:
            EngineError: it fails.
        """
        command = ["pulumi", *arguments, "--non-interactive"]
        done = subprocess.run(command, cwd=self.project.folder, env=self.environment(), check=False)  # noqa: S603
        if done.returncode:
            raise EngineError(f"`{' '.join(command)}` ended with {done.returncode}")

    def environment(self) -> Mapping[str, str]:
        """Environment of the engine: a state of its own, and a passphrase for secrets of an emulated account."""
        own = {
            "PULUMI_BACKEND_URL": self._state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "emulated",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Nothing answers where an emulated cluster's API would be.
            KUBECONFIG_VARIABLE: str(kubeconfig) if (kubeconfig := self._kubeconfig()) else "",
        }
        return {**os.environ, **own}

    def _kubeconfig(self) -> Path | None:
        """The kubeconfig of a cluster on this machine, used as the stack's; None if none is configured."""
        named = os.environ.get(VARIABLE)
        path = Path(named).expanduser() if named else None
        return path.resolve() if path and path.is_file() else None

    @property
    def _state(self) -> Path:
        return self.folder / "state"

    @property
    def _pid(self) -> Path:
        return self.folder / "emulator.pid"

    def _start_emulator(self) -> None:
        with (self.folder / "emulator.log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        self._pid.write_text(str(process.pid))
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.endpoint):
            if process.poll() is not None or time.monotonic() > deadline:
                raise EngineError(
                    f"the emulated AWS does not listen on {self.endpoint}: see {self.folder}/emulator.log"
                )
            time.sleep(0.1)


def has_engine() -> bool:
    """True if the `pulumi` command is on PATH."""
    return shutil.which("pulumi") is not None


def _listens(endpoint: str) -> bool:
    address = urlsplit(endpoint)
    return listens(address.port or 0, address.hostname or "")


def _arguments(process: int) -> list[str]:
    """Command line of a process; empty if it does not run."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        pass
    # A system without /proc, such as macOS.
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(process)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return shown.stdout.split()
