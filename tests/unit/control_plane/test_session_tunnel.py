"""A tunnel by two programs that are processes: it is found again after a failure, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from support.access.api_server import ApiServer, api_server, kubeconfig_to
from support.access.session_programs import SessionPrograms
from support.ports import free_port, listens
from tripod.control_plane.api_status import ApiClient, missing_nodes, unready_reason
from tripod.control_plane.session_tunnel import SessionTunnel


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def runs(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True
    return False


@pytest.fixture
def api(tmp_path: Path) -> Generator[ApiServer]:
    with api_server(tmp_path) as server:
        yield server


@pytest.fixture
def programs(tmp_path: Path, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> SessionPrograms:
    """Sessions with i-1 and i-2 lead to the API; with others there are none."""
    return SessionPrograms(tmp_path, {"i-1": api.port, "i-2": api.port}).install(monkeypatch)


@pytest.fixture
def tunnel() -> Generator[SessionTunnel]:
    made = SessionTunnel(free_port(), "us-west-2")
    yield made
    made.close()


def test_it_leads_to_the_api_and_ends_with_its_plugin(tunnel: SessionTunnel, programs: SessionPrograms) -> None:
    assert tunnel.open(["i-1", "i-2"]) == ""
    client = ApiClient.of(kubeconfig_to(tunnel.port))
    assert (unready_reason(client), missing_nodes(client, 3)) == ("", "")
    assert programs.started == ["i-1"]
    assert not tunnel.is_foreign
    tunnel.close()
    assert not listens(tunnel.port)
    assert not any(runs(process) for process in programs.plugins)


def test_a_session_that_ends_is_started_with_the_next_node(tunnel: SessionTunnel, programs: SessionPrograms) -> None:
    tunnel.open(["i-1", "i-2"])
    os.kill(programs.plugins[0], signal.SIGKILL)
    assert eventually(lambda: programs.started == ["i-1", "i-2"] and listens(tunnel.port))


def test_a_node_that_does_not_serve_is_left(tunnel: SessionTunnel, programs: SessionPrograms) -> None:
    tunnel.open(["i-1", "i-2"])
    tunnel.change_node()
    assert not runs(programs.plugins[0])
    assert eventually(lambda: programs.started == ["i-1", "i-2"] and listens(tunnel.port))


def test_a_refused_session_says_why(
    tunnel: SessionTunnel, programs: SessionPrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tripod.control_plane.session_tunnel.START_SECONDS", 3)
    said = tunnel.open(["i-9"])
    assert "TargetNotConnected" in said
    assert said.startswith("no session with i-9: ")
    assert set(programs.started) == {"i-9"}


def test_a_port_that_is_in_use_is_used(tunnel: SessionTunnel, programs: SessionPrograms) -> None:
    with socket.create_server(("127.0.0.1", tunnel.port)):
        assert tunnel.open(["i-1"]) == ""
        assert tunnel.is_foreign
    assert programs.started == []


def test_without_the_programs_it_says_what_to_install(
    tunnel: SessionTunnel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert tunnel.open(["i-1"]) == (
        "`aws` and `session-manager-plugin` not on PATH: install the AWS CLI and its Session Manager plugin"
    )


PROGRAM = """\
import sys, time
from tripod.control_plane.session_tunnel import SessionTunnel
print(SessionTunnel(int(sys.argv[1]), "us-west-2").open(["i-1"]), flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_process(end: signal.Signals | None, programs: SessionPrograms) -> None:
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, str(port), "0" if end is None else "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
        if end is not None:
            assert listens(port)
            process.send_signal(end)
    assert eventually(lambda: not listens(port) and not any(runs(one) for one in programs.plugins))
