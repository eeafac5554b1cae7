"""QEMU's monitor: a machine's buttons."""

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any


class MonitorError(Exception):
    """QEMU refuses a command."""


class Monitor:
    """A connection to a machine's monitor, for a `with` block."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rw")

    def __enter__(self) -> "Monitor":
        self._lines.readline()  # its greeting
        self.execute("qmp_capabilities")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._socket.close()

    def execute(self, command: str, **arguments: Any) -> Any:
        """Execute a command, and return its answer.

        Raises:
            MonitorError: it is refused.
        """
        self._lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._lines.flush()
        while True:
            answer = json.loads(self._lines.readline())
            if "error" in answer:
                raise MonitorError(f"{command}: {answer['error']['desc']}")
            # Between command and answer there may be events.
            if "return" in answer:
                return answer["return"]
