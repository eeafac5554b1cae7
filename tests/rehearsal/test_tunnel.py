"""The way to a private API: which node it leads to, and what the kubeconfig and the docs say of it."""

import json
import shlex
from pathlib import Path
from unittest.mock import patch

import pytest

from support.account.rehearsed import Copy, Rehearsed
from support.operations.agents import account, forget_target
from support.operations.command import tripod
from support.stacks.planned import ROOT
from tripod.cli.target import ClusterTarget
from tripod.control_plane.kubeconfig import api_access
from tripod.control_plane.session_tunnel import PROGRAMS, Tunnel, missing_programs
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
