"""The agent's instance: its files and commands. Tests give it a folder of their own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import AgentError

COMMAND_SECONDS = 900
"""Default timeout of a command, in seconds: a package installation on a slow mirror."""


class CommandError(AgentError):
    """A command failed.

    Attributes:
        code: its exit code.
        output: its standard error, or else its standard output.
        last_line: the last line of that.
    """

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        self.code = code
        self.output = output
        self.last_line = output.strip().splitlines()[-1] if output.strip() else "it said nothing"
        super().__init__(f"`{' '.join(command)}` ended with {code}: {self.last_line}")


@dataclass(frozen=True)
class Host:
    """An instance.

    Attributes:
        root: its root folder; another folder in tests.
    """

    root: Path = Path("/")

    def path(self, path: str) -> Path:
        """Resolve a path of the instance below the root."""
        return self.root / path.lstrip("/")

    def run(
        self,
        *command: str,
        given: str | None = None,
        environment: Mapping[str, str] | None = None,
        seconds: float = COMMAND_SECONDS,
    ) -> str:
        """Run a command, and return its standard output.

        Args:
            *command: the command.
            given: its standard input: for secrets, which must not show in a process list.
            environment: variables beside the agent's own.
            seconds: its timeout.

        Raises:
            CommandError: it fails, or takes too long.
        """
        try:
            done = subprocess.run(  # noqa: S603
                command,
                input=given,
                capture_output=True,
                text=True,
                timeout=seconds,
                env={**os.environ, **(environment or {})},
                check=False,
            )
        except FileNotFoundError as error:
            raise CommandError(command, 127, f"{command[0]} is not installed") from error
        except subprocess.TimeoutExpired as error:
            raise CommandError(command, 124, f"it took longer than {seconds:.0f} s") from error
        if done.returncode:
            raise CommandError(command, done.returncode, done.stderr or done.stdout)
        return done.stdout

    def succeeds(self, *command: str) -> bool:
        """Return True if a command exits with 0."""
        try:
            self.run(*command)
        except CommandError:
            return False
        return True

    def read(self, path: str) -> str | None:
        """Read a file; None if it does not exist."""
        try:
            return self.path(path).read_text()
        except FileNotFoundError:
            return None

    def write(self, path: str, text: str, mode: int = 0o644) -> bool:
        """Write a file atomically.

        Args:
            path: the file.
            text: its content.
            mode: its permissions; it never has wider ones, not even for a moment.

        Returns:
            True if anything changed.
        """
        file = self.path(path)
        if file.is_file() and file.read_text() == text and file.stat().st_mode & 0o777 == mode:
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(file)
        return True

    def enable(self, unit: str, *, changed: bool) -> None:
        """Have systemd start a unit now and at every boot; restart it if its files changed."""
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "enable", unit)
        self.run("systemctl", "restart" if changed else "start", unit)
