"""API servers from kubeadm's manifests, on real etcd."""

import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from support.controlplane.etcd import Cluster
from support.controlplane.nodes import ControlPlaneNode
from support.controlplane.site import Site
from support.controlplane.static_pod import MANIFESTS
from support.controlplane.waiting import until
from tripod.versions import KUBERNETES

Running = tuple[Cluster, list[ControlPlaneNode]]


@pytest.fixture(scope="module")
def running(
    network: None, programs: Path, tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Generator[Running]:
    """Three members and three control-plane nodes, for tests that leave them as they were."""
    site = Site(tmp_path_factory.mktemp("running"), programs)
    try:
        etcd = site.etcd()
        measured(f"etcd: three members healthy after {etcd.start():.1f} s")
        nodes = site.control_plane(etcd)
        for node in nodes:
            measured(f"API server on {node.instance.name}: ready {node.start():.1f} s after its start")
        yield etcd, nodes
    finally:
        site.close()


def test_they_are_the_version_that_we_ship(running: Running):
    _, nodes = running
    assert {json.loads(node.api.get("/version")[1])["gitVersion"] for node in nodes} == {f"v{KUBERNETES}"}


def test_what_one_writes_the_others_read(running: Running):
    _, (first, *others) = running
    first.api.kubectl("create", "configmap", "written", "--from-literal=by=first")
    for node in others:
        assert node.api.kubectl("get", "configmap", "written", "-o", "json")["data"] == {"by": "first"}


def test_each_is_an_endpoint_of_the_kubernetes_service(running: Running):
    _, nodes = running
    wanted = {node.api.address for node in nodes}

    def listed() -> set[str]:
        slices = nodes[0].api.kubectl("get", "endpointslices", "kubernetes", "-o", "json")
        return {address for endpoint in slices["endpoints"] for address in endpoint["addresses"]}

    until("all are endpoints", lambda: listed() == wanted)


def test_a_node_that_joins_gets_a_pod(running: Running):
    """The controller manager makes the service account, and the scheduler places the pod."""
    _, (first, *_) = running
    until("a service account", lambda: "default" in first.api.kubectl("get", "serviceaccounts", "-o", "name"))
    first.api.kubectl("create", "-f", "-", given=json.dumps(NODE))
    first.api.kubectl("create", "-f", "-", given=json.dumps(POD))

    def placed() -> bool:
        return first.api.kubectl("get", "pod", "waiting", "-o", "json")["spec"].get("nodeName") == "worker"

    until("the pod is placed", placed)


NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "worker"},
    "status": {"allocatable": {"pods": "10"}},
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "waiting"},
    "spec": {
        "containers": [{"name": "one", "image": "none"}],
        # No kubelet says that the node is ready, so the controller manager taints it.
        "tolerations": [{"operator": "Exists"}],
    },
}


def test_a_file_that_a_container_would_lack_is_noticed(running: Running):
    """A process sees the whole instance; the harness must not pass where the kubelet's container would crash."""
    _, (first, *_) = running
    file = first.instance.path(f"{MANIFESTS}/kube-apiserver.yaml")
    manifest = file.read_text()
    file.write_text(
        manifest.replace("- kube-apiserver\n", "- kube-apiserver\n    - --audit-policy-file=/srv/policy\n", 1)
    )
    first.api.kill()
    with pytest.raises(RuntimeError, match="/srv/policy is in no volume"):
        first.api.start()
    file.write_text(manifest)
    first.api.start()
    first.api.wait_ready()


def test_one_node_and_one_member_may_fail(running: Running):
    etcd, (first, *others) = running
    first.api.kill()
    member = etcd.leader()
    member.kill()
    for node in others:
        until("it answers", node.api.ready)
        node.api.kubectl("create", "configmap", f"by-{node.instance.name}")
    first.api.start()
    member.start()
    member.wait_healthy()
    first.api.wait_ready()
    assert first.api.kubectl("get", "configmap", f"by-{others[0].instance.name}", "-o", "json")


def test_without_a_quorum_none_is_ready_and_none_needs_a_restart(running: Running, measured: Callable[[str], None]):
    etcd, nodes = running
    for member in etcd.members[:2]:
        member.kill()
    for node in nodes:
        until("it says that it is not ready", lambda node=node: node.api.get("/readyz")[0] != 200, 60)
        assert node.api.running
    etcd.start()
    seconds = sum(node.api.wait_ready() for node in nodes)
    measured(f"quorum lost and back: API servers ready {seconds:.1f} s after etcd was")
