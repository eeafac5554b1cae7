"""`aws ssm start-session` and its plugin, as far as a tunnel sees them: two processes, one of which forwards a port."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

AWS = """\
import json, os, subprocess, sys
arguments = sys.argv[1:]
assert arguments[:2] == ["ssm", "start-session"], arguments
value = lambda name: arguments[arguments.index(name) + 1]
assert value("--document-name") == "AWS-StartPortForwardingSession"
folder = os.environ["FAKE_SESSIONS"]
open(f"{folder}/started", "a").write(value("--target") + "\\n")
ports = json.loads(value("--parameters"))
assert ports["portNumber"] == ["6443"]
nodes = json.load(open(f"{folder}/nodes"))
port = nodes.get(value("--target"), nodes.get("*"))
if port is None:
    sys.exit("An error occurred (TargetNotConnected) when calling the StartSession operation: not connected.")
plugin = [sys.executable, f"{folder}/plugin.py", ports["localPortNumber"][0], str(port)]
sys.exit(subprocess.run(plugin).returncode)
"""

PLUGIN = """\
import os, socket, sys, threading
open(os.environ["FAKE_SESSIONS"] + "/plugins", "a").write(f"{os.getpid()}\\n")
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
while True:
    client, _ = listener.accept()
    try:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    except OSError:
        client.close()
        continue
    for pair in ((client, server), (server, client)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


class SessionPrograms:
    """The two programs in a folder.

    Args:
        folder: the folder.
        nodes: instance id, or * for any other → the port of its API server on this machine; else a session is refused.
    """

    def __init__(self, folder: Path, nodes: Mapping[str, int]) -> None:
        self._folder = folder
        (folder / "nodes").write_text(json.dumps(dict(nodes)))
        (folder / "plugin.py").write_text(PLUGIN)
        for name, text in (("aws", AWS), ("session-manager-plugin", "")):
            (folder / name).write_text(f"#!{sys.executable}\n{text}")
            (folder / name).chmod(0o755)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "SessionPrograms":
        """Have this process and its children find them."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        return self

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables with which they are found."""
        return {"PATH": f"{self._folder}{os.pathsep}{os.environ['PATH']}", "FAKE_SESSIONS": str(self._folder)}

    @property
    def started(self) -> list[str]:
        """The nodes with which sessions were started, in order."""
        return self._lines("started")

    @property
    def plugins(self) -> list[int]:
        """The plugin's processes, in order."""
        return [int(line) for line in self._lines("plugins")]

    def _lines(self, name: str) -> list[str]:
        file = self._folder / name
        return file.read_text().split() if file.exists() else []
