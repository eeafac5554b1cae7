"""Both roles from their first boot to their last phase, and what they ask of AWS on the way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.agent.certificate_requests import first_request
from support.agent.emulated_ec2 import launch
from support.agent.instance import Reply, aws, failed
from support.agent.kubernetes_api import Api
from support.agent.kubernetes_nodes import ADDRESS, FakeInstance, Secrets, node_instance
from support.agent.kubernetes_nodes import control_plane as control_plane_document
from support.agent.kubernetes_nodes import worker as worker_document
from support.agent.leaving_worker import Worker
from support.stacks.samples import policy_facts, statements
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.agent.core.phases import run_phases
from tripod.bootstrap.agent.instance.context import Agent
from tripod.bootstrap.agent.instance.documents import KubernetesDocument
from tripod.bootstrap.agent.node import node_binaries as node_supply
from tripod.bootstrap.agent.node.kubectl import own_api
from tripod.bootstrap.agent.node.node_binaries import BINARIES, PACKAGES, install_node
from tripod.bootstrap.agent.node.paths import (
    ADMIN,
    CLUSTER_CA,
    CONTROL_PLANE_MARKER,
    KUBEADM,
    KUBELET,
    KUBELET_CLIENT,
    MANIFESTS,
    SUPER_ADMIN,
)
from tripod.bootstrap.agent.roles import role_named
from tripod.bootstrap.agent.workers import role as workers
from tripod.iam.instance_policies import control_plane_policy, workers_policy

JOIN = "abcdef.0123456789abcdef"
OWN = f"https://{ADDRESS}:6443"


@pytest.fixture(autouse=True)
def supplied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages and binaries are there; which ones were asked for."""
    asked: list[str] = []

    def binary(_: Agent, one: Any) -> str:
        asked.append(one.name)
        return ""

    def packages(_: Agent, names: Any) -> str:
        asked.extend(names)
        return ""

    def member(*_: object) -> str:
        return ""

    monkeypatch.setattr(node_supply, "install_binary", binary)
    monkeypatch.setattr(node_supply, "install_packages", packages)
    monkeypatch.setattr("tripod.bootstrap.agent.control_plane.etcd_quorum.query_health", member)
    return asked


def booting(folder: Path, document: KubernetesDocument, **more: Reply) -> tuple[FakeInstance, Api]:
    replies: dict[str, Reply] = dict.fromkeys(("modprobe", "sysctl", "swapoff", "systemctl", "crictl"), "")
    standing = node_instance(folder, document, {**replies, "containerd --version": "containerd x v2.3.7", **more})
    api = Api(standing)
    api.raw["/version"] = json.dumps({"gitVersion": "v1.36.4"})
    kubectl = standing.machine.replies["kubectl"]
    assert callable(kubectl)

    def view(*command: str) -> str:
        return OWN if "view" in command else kubectl(*command)

    standing.machine.replies["kubectl"] = view
    return standing, api


def initialised(standing: FakeInstance) -> str:
    for path in (KUBELET, ADMIN, SUPER_ADMIN, f"{MANIFESTS}/kube-apiserver.yaml"):
        standing.machine.write(path, "written by kubeadm")
    return ""


def joined(standing: FakeInstance) -> str:
    for path in (KUBELET, KUBELET_CLIENT, CLUSTER_CA):
        standing.machine.write(path, "written by kubeadm")
    return ""


def boot(standing: FakeInstance) -> None:
    phases = {"control-plane": control_plane.PHASES, "workers": workers.PHASES}[standing.agent.config.role]
    run_phases(phases, standing.agent, standing.lines.append)


def first_boot(folder: Path) -> tuple[FakeInstance, Api]:
    standing, api = booting(folder, control_plane_document())
    standing.machine.replies["kubeadm init"] = lambda *_: initialised(standing)
    boot(standing)
    return standing, api


def test_a_control_plane_node_comes_up_from_nothing(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = first_boot(tmp_path)
    (init,) = standing.machine.ran("kubeadm")
    quiet = "--skip-token-print --skip-certificate-key-print"
    assert init == f"kubeadm init {quiet} --config={standing.machine.path(KUBEADM)}"
    assert standing.machine.path(CONTROL_PLANE_MARKER).exists()
    assert "tripod:viewer" in api.applied
    assert aws("ssm").get_parameter(Name=control_plane_document().join_token_parameter)
    # The services only once there is something to serve.
    started = standing.machine.ran("systemctl enable tripod-")
    units = ["approve.service", "join-token.timer", "refresh-encryption.timer", "renew.timer"]
    assert [line.split("-", 1)[1] for line in started] == units
    assert standing.machine.commands.index(init) < standing.machine.commands.index(started[0])
    assert [line.split(":")[0] for line in standing.lines] == [phase.name for phase in control_plane.PHASES]


def test_no_secret_is_in_a_command_or_a_line_of_a_boot(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = first_boot(tmp_path)
    shown = "\n".join(standing.machine.commands + standing.lines)
    keys = [str(value) for fields in cluster.values.values() for value in fields.values()]
    assert not [key for key in keys if key in shown]
    assert "PRIVATE" not in shown
    readable = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o077 and "PRIVATE KEY" in path.read_text()
    ]
    assert readable == []


def test_a_second_boot_runs_no_kubeadm_and_restarts_nothing(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = first_boot(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    standing.machine.commands.clear()
    boot(standing)
    assert standing.machine.ran("kubeadm") == []
    assert standing.machine.ran("systemctl restart") == []
    assert standing.machine.ran("crictl") == []
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before


def test_a_boot_that_was_interrupted_in_kubeadm_begins_that_anew(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = booting(tmp_path, control_plane_document())

    def dies(*_: str) -> str:
        initialised(standing)
        raise failed("error execution phase wait-control-plane: timed out")

    standing.machine.replies["kubeadm init"] = dies
    with pytest.raises(AgentError, match="`kubeadm init` ended with 1: error execution phase wait-control-plane"):
        boot(standing)
    assert not standing.machine.path(CONTROL_PLANE_MARKER).exists()
    assert standing.machine.ran("systemctl enable tripod-") == []
    manifest = standing.machine.path(f"{MANIFESTS}/kube-apiserver.yaml")
    seen: list[bool] = []

    def succeeds(*_: str) -> str:
        seen.append(manifest.exists())
        return initialised(standing)

    standing.machine.replies["kubeadm init"] = succeeds
    boot(standing)
    # kubeadm found no manifest of the try before.
    assert seen == [False]
    assert standing.machine.path(CONTROL_PLANE_MARKER).exists()


def test_a_kubelet_configured_with_the_load_balancer_gets_its_own_server(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = booting(tmp_path, control_plane_document())
    told = {"server": "https://api.demo.internal:6443"}
    kubectl = standing.machine.replies["kubectl"]
    assert callable(kubectl)

    def view(*command: str) -> str:
        if "set-cluster" in command:
            told["server"] = command[-1].partition("=")[2]
            return ""
        if "view" in command:
            return "demo" if "name" in command[-1] else told["server"]
        return kubectl(*command)

    standing.machine.replies["kubectl"] = view
    standing.machine.replies["kubeadm init"] = lambda *_: initialised(standing)
    boot(standing)
    assert told["server"] == OWN
    assert "systemctl restart kubelet.service" in standing.machine.commands


def test_etcd_without_a_quorum_keeps_kubeadm_from_running(
    tmp_path: Path, cluster: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(*_: object) -> str:
        return "connection refused"

    monkeypatch.setattr("tripod.bootstrap.agent.control_plane.etcd_quorum.query_health", dead)
    standing, _ = booting(tmp_path, control_plane_document())
    with pytest.raises(AgentError, match="quorum of etcd: 0 of 3 members are well"):
        boot(standing)
    assert standing.machine.ran("kubeadm") == []


def test_a_worker_comes_up_from_nothing(tmp_path: Path, cluster: Secrets) -> None:
    aws("ssm").put_parameter(Name=worker_document().join_token_parameter, Value=JOIN, Type="SecureString")
    standing, _ = booting(tmp_path, worker_document())
    standing.machine.replies["kubeadm join"] = lambda *_: joined(standing)
    boot(standing)
    assert len(standing.machine.ran("kubeadm")) == 1
    assert "systemctl enable tripod-leave.service" in standing.machine.commands
    standing.machine.commands.clear()
    boot(standing)
    assert standing.machine.ran("kubeadm") == []
    assert standing.machine.ran("systemctl restart") == []


def test_what_is_installed_is_pinned_or_the_systems(tmp_path: Path, supplied: list[str]) -> None:
    standing, _ = booting(tmp_path, worker_document())
    install_node(standing.agent)
    assert set(supplied) == {*PACKAGES, *(binary.name for binary in BINARIES)}
    # The document pins every one of them.
    assert {binary.name for binary in BINARIES} == worker_document().supply.binaries.keys()
    supplied.clear()
    supply = worker_document().supply
    packaged = {name: one for name, one in supply.binaries.items() if name not in ("containerd", "runc")}
    install_node(node_instance(tmp_path, worker_document(supply=replace(supply, binaries=packaged))).agent)
    assert "containerd" in supplied
    assert "runc" not in supplied


@pytest.mark.parametrize("role", ["control-plane", "workers"])
def test_every_unit_calls_a_command_that_there_is(role: str, tmp_path: Path) -> None:
    known = role_named(role)
    if role == "workers":
        units = {workers.LEAVE.command: workers.LEAVE.text()}
    else:
        units = {timer.command: timer.service_text() for timer in control_plane.TIMERS}
        units[control_plane.APPROVER.command] = control_plane.APPROVER.text()
    assert units.keys() <= known.commands.keys()
    for command, text in units.items():
        assert f"\nExecStart=/usr/bin/python3 -m agent {command}\n" in text
        assert f"\nWorkingDirectory={HOME}\n" in text
    names = [phase.name for phase in known.phases]
    assert len(set(names)) == len(names)


def test_a_broken_mirror_or_module_stops_the_boot_with_its_phase(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = booting(tmp_path, control_plane_document(), modprobe=failed("modprobe: FATAL: Module overlay"))
    with pytest.raises(AgentError, match="Module overlay"):
        boot(standing)
    assert standing.lines[-1].startswith("host")


ACTIONS = {
    "get_object": "s3:GetObject",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "get_parameter": "ssm:GetParameter",
    "put_parameter": "ssm:PutParameter",
    "add_tags_to_resource": "ssm:AddTagsToResource",
    "describe_instances": "ec2:DescribeInstances",
    "create_tags": "ec2:CreateTags",
    "record_lifecycle_action_heartbeat": "autoscaling:RecordLifecycleActionHeartbeat",
    "describe_auto_scaling_instances": "autoscaling:DescribeAutoScalingInstances",
    "complete_lifecycle_action": "autoscaling:CompleteLifecycleAction",
}
AGENTLESS = ("kms:", "ssmmessages:", "ec2messages:", "ssm:UpdateInstanceInformation")
"""What AWS asks for behind a call, and what Systems Manager's own agent calls."""


def allowed(policy: dict[str, Any]) -> set[str]:
    return {action for one in statements(policy) for action in one["Action"] if not action.startswith(AGENTLESS)}


def test_a_control_plane_nodes_rights_are_the_calls_that_it_makes(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = first_boot(tmp_path)
    worker = launch()
    api.put("certificatesigningrequests", "first", first_request(worker["InstanceId"]))
    control_plane.Approver(standing.agent, own_api(standing.agent)).decide_pending()
    seen = {ACTIONS[operation] for operation in standing.cloud.calls}
    assert seen == allowed(control_plane_policy(policy_facts()))


def test_a_workers_rights_are_the_calls_that_it_makes(tmp_path: Path, cluster: Secrets, in_group: str) -> None:
    aws("ssm").put_parameter(Name=worker_document().join_token_parameter, Value=JOIN, Type="SecureString")
    standing, _ = booting(tmp_path / "boot", worker_document())
    standing.machine.replies["kubeadm join"] = lambda *_: joined(standing)
    boot(standing)
    leaving = Worker(tmp_path / "leave")
    leaving.standing.metadata.entries["meta-data/instance-id"] = in_group
    leaving.standing.cloud.faults["record_lifecycle_action_heartbeat"] = ["ValidationError"]
    leaving.standing.cloud.faults["complete_lifecycle_action"] = ["ValidationError"]
    leaving.end()
    leaving.leave()
    # The stub has read the payload before the agent ran: the policy says so in a statement of its own.
    called = {ACTIONS[operation] for operation in (*standing.cloud.calls, *leaving.standing.cloud.calls)}
    assert called | {"s3:GetObject"} == allowed(workers_policy(policy_facts()))
