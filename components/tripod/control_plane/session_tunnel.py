"""A tunnel to a private API through Session Manager: no open port, no bastion, no SSH."""

import atexit
import json
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tripod.control_plane import session_keeper
from tripod.core.sockets import listens
from tripod.security.ports import API_SERVER

PROGRAMS = ("aws", "session-manager-plugin")
"""Programs that a tunnel needs on the operator's machine."""

START_SECONDS = 20
"""Time for a session to listen: the call of AWS, and the plugin's connection."""

RESTART_SECONDS = 2
"""Pause before a session that ended is started again."""


@dataclass(frozen=True)
class Tunnel:
    """A tunnel to one control-plane node's API server.

    Attributes:
        node: the node.
        port: the port on the operator's machine.
        region: the cluster's region.
        profile: the profile with the credentials; None for those of the environment.
    """

    node: str
    port: int
    region: str
    profile: str | None = None

    @property
    def command(self) -> list[str]:
        """The command that opens it, and runs until it is interrupted."""
        ports = {"portNumber": [str(API_SERVER)], "localPortNumber": [str(self.port)]}
        return [
            *("aws", "ssm", "start-session", "--region", self.region),
            *(("--profile", self.profile) if self.profile else ()),
            *("--target", self.node, "--document-name", "AWS-StartPortForwardingSession"),
            *("--parameters", json.dumps(ports)),
        ]

    @property
    def command_line(self) -> str:
        """The command as a shell line."""
        return shlex.join(self.command)


def missing_programs(programs: Sequence[str] = PROGRAMS) -> list[str]:
    """Programs that a tunnel needs and that are not on PATH."""
    return [name for name in programs if shutil.which(name) is None]


class SessionTunnel:
    """A tunnel that stays open while this process runs, and ends with it, however that ends.

    A session ends with its node, and after 20 idle minutes by default: it is started again, with the next node. A
    port that somebody else's tunnel listens on is used as it is.

    Args:
        port: the port on this machine.
        region: the cluster's region.
        profile: the profile with the credentials; None for those of the environment.
    """

    def __init__(self, port: int, region: str, profile: str | None = None) -> None:
        self.port = port
        self._region, self._profile = region, profile
        self._nodes: tuple[str, ...] = ()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._last_output = ""

    def open(self, nodes: Sequence[str]) -> str:
        """Open the tunnel to one of some nodes, unless it is open; wait until it listens, for 20 s at most.

        Args:
            nodes: instance ids of control-plane nodes, at least one.

        Returns:
            The reason why it is not open; empty if it is.
        """
        self._nodes = tuple(nodes)
        if listens(self.port):
            return ""
        if missing := missing_programs():
            return f"`{'` and `'.join(missing)}` not on PATH: install the AWS CLI and its Session Manager plugin"
        if self._keeper is None:
            atexit.register(self.close)
            threading.Thread(target=self._keep_open, daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            if time.monotonic() > deadline:
                return f"no session with {self._nodes[0]}: {self._last_output or 'it does not listen'}"
            time.sleep(0.2)
        return ""

    @property
    def is_foreign(self) -> bool:
        """True if something else listened on the port before."""
        return self._keeper is None

    def change_node(self) -> None:
        """End the session with a node that does not serve; the next one is with another."""
        if self._keeper is not None:
            self._end(self._keeper)

    def close(self) -> None:
        """End the session."""
        self._closed.set()
        if self._keeper is not None:
            self._end(self._keeper)

    def _keep_open(self) -> None:
        while not self._closed.is_set():
            node, *others = self._nodes
            tunnel = Tunnel(node, self.port, self._region, self._profile)
            with TemporaryFile() as output:
                self._keeper = keeper = _start(tunnel.command, output.fileno())
                if self._closed.is_set():
                    self._end(keeper)
                keeper.wait()
                output.seek(0)
                self._last_output = _last_line(output.read().decode(errors="replace"))
            self._nodes = (*others, node)
            self._closed.wait(RESTART_SECONDS)

    @staticmethod
    def _end(keeper: subprocess.Popen[bytes]) -> None:
        if keeper.stdin is not None:
            keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(2 * session_keeper.GRACE_SECONDS)


def _start(command: Sequence[str], output: int) -> subprocess.Popen[bytes]:
    keeper = str(Path(session_keeper.__file__))
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", keeper, *command], stdin=subprocess.PIPE, stdout=output, stderr=output
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
