"""The way to a private API: which node it leads to, and what the kubeconfig and the docs say of it."""

import json
import os
import shlex
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from support.access.api_server import api_server
from support.access.session_programs import SessionPrograms
from support.account.rehearsed import Copy, Rehearsed
from support.command import write_pulumi
from support.operations.agents import account, forget_target
from support.operations.command import tripod, write_project
from support.operations.kubernetes_made import Agents
from support.ports import listens
from support.stacks.planned import ROOT, changed
from tripod.cli.main import app
from tripod.cli.target import ClusterTarget
from tripod.control_plane.kubeconfig import api_access
from tripod.control_plane.session_tunnel import PROGRAMS, Tunnel, missing_programs
from tripod.control_plane.spec import AccessSpec
from tripod.operations.errors import OperationError
from tripod.operations.tunnel import healthy_node, tunnel_port
from tripod.stack.project import StackConfig


def test_it_leads_to_a_node_whose_api_server_is_ready(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[list[str], list[str]]:
        nodes = [
            one["InstanceId"]
            for group in account(copy).scaling_groups_of("control-plane")
            for one in group["Instances"]
        ]
        found: list[str] = []
        for _ in nodes:
            found.append(healthy_node(account(copy)))
            forget_target(copy, found[-1])
        with pytest.raises(OperationError, match="no API server is ready"):
            healthy_node(account(copy))
        return nodes, found

    nodes, found = local.in_a_copy(act)
    assert sorted(found) == sorted(nodes)


def test_its_end_is_where_the_kubeconfig_leads() -> None:
    assert tunnel_port({"tunnelPort": 7443}) == 7443
    port = tunnel_port({})
    given = shlex.split(Tunnel("i-1", port, "us-west-2", "staging").command_line)
    assert given[:7] == ["aws", "ssm", "start-session", "--region", "us-west-2", "--profile", "staging"]
    ports = json.loads(given[given.index("--parameters") + 1])
    assert ports == {"portNumber": ["6443"], "localPortNumber": [str(port)]}
    found = api_access("ssm-tunnel", "api.shop.internal:6443", port, None)
    assert found.server == f"https://127.0.0.1:{port}"
    # The certificate bears the cluster's name, whatever the tunnel's end is called.
    assert found.tls_server_name == "api.shop.internal"


def test_the_command_is_printed_where_it_is_wanted(local: Rehearsed) -> None:
    def act(copy: Copy) -> tuple[tuple[int, str], tuple[int, str], tuple[int, str]]:
        emulated = tripod(copy, "tunnel", "local")
        with (
            patch.object(StackConfig, "endpoint", None),
            patch.object(ClusterTarget, "inventory", return_value=account(copy)),
        ):
            return emulated, tripod(copy, "tunnel", "local", "--print"), tripod(copy, "tunnel", "local")

    emulated, printed, refused = local.in_a_copy(act)
    assert emulated[0] == 2
    assert "its AWS is emulated" in emulated[1]
    assert printed[0] == 0
    assert "AWS-StartPortForwardingSession" in printed[1]
    if missing_programs():
        assert refused[0] == 2
        assert "is not on PATH" in refused[1]


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_programs() == [*PROGRAMS]


def test_the_documented_command_is_the_one_that_is_run() -> None:
    documented = (ROOT / "docs" / "operations.md").read_text()
    assert "AWS-StartPortForwardingSession" in documented
    assert "tripod tunnel" in documented


def in_aws(copy: Copy, *arguments: str, agents: Agents | None = None) -> tuple[int, str]:
    """Run a command as if the rehearsed account were AWS itself."""
    with (
        patch.object(StackConfig, "endpoint", None),
        patch.object(ClusterTarget, "inventory", return_value=account(copy)),
    ):
        return tripod(copy, *arguments, agents=agents)


def test_a_command_runs_while_the_tunnel_is_open(
    local: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api_server(tmp_path) as api:
        programs = SessionPrograms(tmp_path, {"*": api.port}).install(monkeypatch)
        port = AccessSpec().tunnel_port
        looks = f"import socket; socket.create_connection(('127.0.0.1', {port})); raise SystemExit(7)"
        said = local.in_a_copy(lambda copy: in_aws(copy, "tunnel", "local", "--", sys.executable, "-c", looks))
        assert said == (7, "")
        assert len(programs.started) == 1
        assert not listens(port)


def test_a_command_does_not_run_where_no_session_begins(
    local: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tripod.control_plane.session_tunnel.START_SECONDS", 1)
    SessionPrograms(tmp_path, {}).install(monkeypatch)
    ran = tmp_path / "ran"
    code, said = local.in_a_copy(lambda copy: in_aws(copy, "tunnel", "local", "--", "touch", str(ran)))
    assert code == 1
    assert "TargetNotConnected" in said
    assert not ran.exists()


def test_delete_opens_the_way_for_an_engine_that_runs_no_program(
    local: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, found = AccessSpec().tunnel_port, tmp_path / "found"
    with api_server(tmp_path) as api:
        SessionPrograms(tmp_path, {"*": api.port}).install(monkeypatch)
        looks = f"import socket; socket.create_connection(('127.0.0.1', {port})); print('open')"
        write_pulumi(tmp_path, f'echo "$*" > {found}\n{sys.executable} -c "{looks}" >> {found}')
        nothing: dict[str, list[str]] = {"services": [], "claims": [], "kept": []}
        code, _ = local.in_a_copy(lambda copy: in_aws(copy, "delete", "local", "--yes", agents=Agents(copy, nothing)))
    assert code == 0
    assert found.read_text().splitlines() == ["destroy --stack local --exclude-protected --yes", "open"]
    assert not listens(port)


def test_the_kubeconfig_is_written_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pulumi(tmp_path / "bin", 'echo "secret of $*"')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, changed("local"))
    (tmp_path / "kubeconfig-local").write_text("old")
    (tmp_path / "kubeconfig-local").chmod(0o644)
    done = CliRunner().invoke(app, ["kubeconfig", "local"])
    assert done.exit_code == 0
    assert done.output.replace("\n", "") == f"export KUBECONFIG={tmp_path}/kubeconfig-local"
    file = tmp_path / "kubeconfig-local"
    assert file.read_text().startswith("secret of stack output kubeconfig --show-secrets --stack local")
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_stack_that_is_up_there_is_no_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pulumi(tmp_path / "bin", "echo 'error: current stack does not have output property' >&2; exit 255")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, changed("local"))
    done = CliRunner().invoke(app, ["kubeconfig", "local"])
    assert done.exit_code == 2
    assert "does not have output property" in done.output
    assert not (tmp_path / "kubeconfig-local").exists()
