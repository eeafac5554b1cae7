"""Processes on instances: started, stopped and killed by tests."""

import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from support.controlplane.instances.instance import Instance
from support.controlplane.instances.waiting import until


class Process:
    """A process that a test starts, kills and starts again; its log goes on in one file.

    Attributes:
        instance: where it runs.
        name: the name of its log.
        command: its command line.
        environment: its variables, beside PATH.
    """

    def __init__(self, instance: Instance, name: str, command: Sequence[str]) -> None:
        self.instance = instance
        self.name = name
        self.command = tuple(command)
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def log(self) -> Path:
        """The file of its output."""
        return self.instance.logs / f"{self.instance.name}-{self.name}.log"

    @property
    def running(self) -> bool:
        """True if it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, or start it again."""
        if self.running:
            raise RuntimeError(f"{self.name} on {self.instance.name} runs already")
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = self.instance.start(self.command, log, self.environment)

    def stop(self, seconds: float = 60) -> None:
        """Have it end in order, as systemd and the kubelet would."""
        self._end(signal.SIGTERM, seconds)

    def kill(self) -> None:
        """End it at once, as when its instance fails."""
        self._end(signal.SIGKILL, 10)

    def wait_until(self, what: str, condition: Callable[[], object], seconds: float = 60) -> float:
        """Wait for something that it is to do; return the seconds that it took.

        Raises:
            RuntimeError: it ended instead, or did not do it in time; with the end of its log.
        """

        def done() -> object:
            if not self.running:
                raise RuntimeError(f"it ended with {self._process and self._process.returncode}")
            return condition()

        try:
            return until(what, done, seconds)
        except (RuntimeError, TimeoutError) as error:
            end = "\n".join(self.log_text().splitlines()[-15:])
            raise RuntimeError(f"{self.name} on {self.instance.name}: {what}: {error}\n{end}") from error

    def log_text(self) -> str:
        """All that it has logged."""
        return self.log.read_text(errors="replace")

    def log_since_start(self) -> str:
        """Its log since it was last started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(seconds)
