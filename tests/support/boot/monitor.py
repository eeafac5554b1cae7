"""QEMU's monitor: power, reset and hot-plugged devices of a machine."""

import json
import socket
from pathlib import Path
from typing import Any


class MonitorError(Exception):
    """QEMU refuses a command."""


class Monitor:
    """A connection to a machine's monitor, to be closed."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rw")
        self._lines.readline()  # its greeting
        self.execute("qmp_capabilities")

    def close(self) -> None:
        """Close the connection."""
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
