"""A control-plane node boots from its rendered user data, in a virtual machine: images are preloaded, etcd is real."""

import base64
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from support.boot import node
from support.boot.control_plane import API_PORT, KUBELET_PORT, ROLE, BootedControlPlane, booted_control_plane
from support.boot.machine import SlowError
from tripod.bootstrap.agent.roles import role_named
from tripod.supply.versions import KUBERNETES

SECONDS = 780
"""The limit of the boot. On two quiet cores it takes half of that, another machine beside it."""
SETTLING_SECONDS = 300
"""The limit of what follows the boot."""
POLL_SECONDS = 2
"""Every look is a handshake that the machine computes."""
PODS = {"kube-apiserver", "kube-controller-manager", "kube-scheduler"}


@pytest.fixture(scope="module")
def node_and_steps(
    router: str, built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Generator[tuple[BootedControlPlane, list[str]]]:
    """A node, and the steps that it has come through in time; how far it came is printed."""
    with booted_control_plane(router, built, tmp_path_factory.mktemp("boot")) as made:
        started = time.monotonic()
        steps: dict[str, Callable[[], object]] = {
            "agent": lambda: "tripod: boot-unit:" in made.machine.said(),
            "kubelet": lambda: made.listens(KUBELET_PORT),
            "API server": lambda: made.listens(API_PORT),
            "/readyz": made.ready,
            "end of boot": lambda: "tripod: services:" in made.machine.said(),
        }
        reached: list[str] = []
        with suppress(SlowError):
            for name, condition in steps.items():
                made.machine.wait_until(name, condition, SECONDS - (time.monotonic() - started), POLL_SECONDS)
                measured(f"control plane: power-on to {name} {time.monotonic() - started:.0f} s")
                reached.append(name)
        for line in made.phases():
            measured(f"control plane: {line}")
        yield made, reached


@pytest.fixture
def started(node_and_steps: tuple[BootedControlPlane, list[str]]) -> BootedControlPlane:
    """The node, which has come at least as far as software emulation must carry it."""
    made, reached = node_and_steps
    assert "kubelet" in reached, made.machine.said()[-4000:]
    return made


@pytest.fixture
def booted(node_and_steps: tuple[BootedControlPlane, list[str]]) -> BootedControlPlane:
    """The node, whose boot has come to its end."""
    made, reached = node_and_steps
    if reached[-1:] != ["end of boot"]:
        pytest.skip(f"software emulation carried it to {', '.join(reached)} in {SECONDS} s, and no further")
    return made


def test_kubeadm_writes_what_the_kubelet_starts_with(started: BootedControlPlane) -> None:
    # kubeadm starts it after certificates, kubeconfigs and manifests are written.
    assert started.listens(KUBELET_PORT)
    assert ": failed: " not in started.machine.said()


def test_every_phase_of_the_role_has_its_line(booted: BootedControlPlane) -> None:
    logged = [line.partition(":")[0] for line in booted.phases()]
    assert logged == [phase.name for phase in role_named(ROLE).phases]


def test_the_node_is_a_node_of_the_cluster(booted: BootedControlPlane) -> None:
    (found,) = booted.get("nodes")["items"]
    assert found["metadata"]["name"] == booted.instance
    assert found["spec"]["providerID"] == f"aws:///{node.ZONE}/{booted.instance}"
    assert found["status"]["nodeInfo"]["kubeletVersion"] == f"v{KUBERNETES}"
    assert "node-role.kubernetes.io/control-plane" in {taint["key"] for taint in found["spec"]["taints"]}
    # Ready takes a network plugin, which the cluster's add-ons bring.
    conditions = {one["type"]: one for one in found["status"]["conditions"]}
    assert "cni plugin not initialized" in conditions["Ready"]["message"]


def test_its_servers_are_pods_that_its_own_runtime_runs(booted: BootedControlPlane) -> None:
    def running() -> bool:
        pods = booted.get("pods", "--namespace=kube-system")["items"]
        ready = {
            pod["metadata"]["labels"]["component"]
            for pod in pods
            if all(one["ready"] for one in pod["status"].get("containerStatuses", [{"ready": False}]))
        }
        return ready == PODS and len(pods) == len(PODS)

    booted.machine.wait_until("three pods that are ready", running, SETTLING_SECONDS, POLL_SECONDS)


def test_the_kubelet_has_a_certificate_that_the_approver_let_it_have(booted: BootedControlPlane) -> None:
    # The API server verifies it when it asks the kubelet; nobody but the agent's service approves it.
    booted.machine.wait_until(
        "the kubelet answers", lambda: booted.kubelet_says("healthz") == "ok", SETTLING_SECONDS, POLL_SECONDS
    )
    requests = booted.get("certificatesigningrequests")["items"]
    approved = [
        one["status"]["conditions"][0]["reason"]
        for one in requests
        if one["spec"]["signerName"] == "kubernetes.io/kubelet-serving" and one["status"].get("conditions")
    ]
    assert set(approved) == {"TripodApprover"}


def test_secrets_are_encrypted_in_etcd(booted: BootedControlPlane) -> None:
    booted.kubectl("create", "secret", "generic", "hidden", "--from-literal=word=in-the-clear")
    found = booted.etcd.members[0].etcdctl("get", "/registry/secrets/default/hidden")
    stored = base64.b64decode(found["kvs"][0]["value"])
    assert stored.startswith(b"k8s:enc:secretbox:v1:key-1:")
    assert b"in-the-clear" not in stored


def test_workers_find_a_token_that_the_api_knows(booted: BootedControlPlane) -> None:
    identity, _, proof = (booted.environment.account.parameter(node.PATHS.join_token) or "").partition(".")
    known = booted.get("secret", f"bootstrap-token-{identity}", "--namespace=kube-system")
    assert base64.b64decode(known["data"]["token-secret"]).decode() == proof


def test_nothing_asks_the_metadata_service_without_a_token(booted: BootedControlPlane) -> None:
    assert booted.environment.metadata.refused == []
