"""One cluster for all tests of this folder: each leaves it as it was, but for objects of its own."""

import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from support.controlplane.certificate_requests import decided, issued, request
from support.controlplane.kubernetes_cluster import Cluster, running_cluster
from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl
from tripod.bootstrap.agent.node.paths import DISCOVERY, KUBELET, KUBELET_CLIENT
from tripod.bootstrap.agent.workers import join as joining


@pytest.fixture(scope="package")
def running(
    namespace: None, programs: Path, tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Generator[Cluster]:
    """A cluster whose control plane the agent has booted."""
    with running_cluster(tmp_path_factory.mktemp("agent"), programs, measured) as made:
        yield made


@pytest.fixture(scope="package")
def joined(running: Cluster) -> Kubectl:
    """The worker's identity, after it has joined: the test is its kubelet."""
    worker, id_ = running.worker, running.worker.id
    assert "v1." in joining.prepare_join(worker.agent())
    token = Kubectl(worker.host, DISCOVERY)
    # What `kubeadm join` reads with the token, and nothing else.
    for kind, name in (("configmap", "kubeadm-config"), ("configmap", "kubelet-config")):
        assert token.find(kind, name, "kube-system") is not None
    with pytest.raises(ApiError, match="Forbidden"):
        token.list("secrets", "--namespace=kube-system")
    request(token, worker.host, "first", id_, CLIENT_SIGNER)
    assert decided(running, "first") == ""
    assert running.approve() == [f"approve: first: EC2 knows {id_} as a new worker of demo"]
    worker.host.write(KUBELET_CLIENT, issued(running, "first") + (worker.host.read("/root/first.key") or ""), 0o600)
    view = json.loads(worker.host.read(DISCOVERY) or "")
    certificate = str(worker.host.path(KUBELET_CLIENT))
    view["users"][0]["user"] = {"client-certificate": certificate, "client-key": certificate}
    worker.host.write(KUBELET, json.dumps(view), 0o600)
    made = Kubectl(worker.host, KUBELET)
    made.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": id_}})
    return made
