"""The gate before add-ons in a program that the engine runs: in order, at each run, and gone with the program."""

import json
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
import yaml

from support.access.api_server import ApiServer, api_server, kubeconfig_to
from support.access.session_programs import SessionPrograms
from support.add_ons.cluster_facts import cluster_args
from support.engine import STACK, EngineStack
from support.ports import free_port, listens
from support.stacks.planned import ROOT
from tripod.rehearsal.engine import LocalEngine
from tripod.stack.project import find_project

PROGRAM = """\
import json
import pulumi, pulumi_aws as aws
from tripod.addons.framework.api_gate import ready_kubeconfig
from tripod.addons.framework.cluster_facts import ClusterFacts

given = json.load(open("given.json"))
tags = {"kubernetes.io/cluster/shop": "owned", "tripod:role": "control-plane"}
node = aws.ec2.Instance("node", ami="ami-12c6146b", instance_type="m7g.large", tags=tags)
component = pulumi.ComponentResource("test:index:AddOns", "add-ons")
ready = ready_kubeconfig(given["kubeconfig"], ClusterFacts.of(given["facts"]), component, [node])
pulumi.export("node", node.id)
pulumi.export("ready", pulumi.Output.unsecret(ready).apply(len))
"""

WAIT_SECONDS = 8


@pytest.fixture
def api(tmp_path: Path) -> Generator[ApiServer]:
    with api_server(tmp_path) as server:
        yield server


@pytest.fixture
def programs(tmp_path: Path, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> SessionPrograms:
    return SessionPrograms(tmp_path, {"*": api.port}).install(monkeypatch)


@pytest.fixture
def stack(engine: None, tmp_path: Path, programs: SessionPrograms) -> Generator[EngineStack]:
    """A stack of one control-plane node, and of the gate; its tunnel port is in its facts."""
    folder, endpoint, port = tmp_path / "project", f"http://127.0.0.1:{free_port()}", free_port()
    folder.mkdir()
    config = yaml.safe_load((ROOT / f"Pulumi.{STACK}.yaml").read_text())["config"]
    own = {key: value for key, value in config.items() if key.startswith("aws:")}
    own["aws:endpoints"] = [dict.fromkeys(config["aws:endpoints"][0], endpoint)]
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "gate", "runtime": runtime}))
    (folder / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": own}))
    (folder / "__main__.py").write_text(PROGRAM)
    facts = cluster_args(control_plane_nodes=3, tunnel_port=port)
    (folder / "given.json").write_text(json.dumps({"kubeconfig": kubeconfig_to(port), "facts": facts}))
    local = LocalEngine(find_project(folder), STACK, endpoint)
    local.up(lambda _: None)
    yield EngineStack(folder, endpoint)
    local.down()


def test_each_run_opens_the_way_waits_for_the_nodes_and_leaves_nothing(
    stack: EngineStack, api: ApiServer, programs: SessionPrograms
) -> None:
    node = stack.outputs()["node"]
    # Under `up` the group's node was there before the session began.
    assert set(programs.started) == {node}
    port = json.loads((stack.folder / "given.json").read_text())["facts"]["tunnel_port"]
    assert not listens(port)

    # An update waits for what is missing.
    api.nodes = ["i-1"]
    registers = threading.Timer(WAIT_SECONDS, lambda: api.nodes.extend(["i-2", "i-3"]))
    registers.start()
    stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert api.nodes == ["i-1", "i-2", "i-3"]

    # A preview waits for nothing, and says what it could not reach.
    api.nodes = []
    started = len(programs.started)
    said = stack.pulumi("preview")
    assert len(programs.started) == started + 1
    assert "0 of 3 control-plane nodes have registered (none): objects in the cluster are compared" in said
    assert not listens(port)
