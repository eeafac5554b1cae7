"""The gate before add-ons, at real API servers that the agent has booted, with the deployer's own kubeconfig."""

from support.controlplane.authority import Usage
from support.controlplane.kubernetes_cluster import API_HOST, Cluster
from tripod.control_plane.api_status import NODE_LABEL, ApiClient, missing_nodes, unready_reason
from tripod.control_plane.kubeconfig import ApiAccess, kubeconfig
from tripod.pki.authorities import DEPLOYER, DEPLOYER_GROUP


def client(running: Cluster, groups: list[str]) -> ApiClient:
    issued = running.authority.issue(DEPLOYER, [Usage.CLIENT], groups=groups)
    access = ApiAccess(f"https://{running.address(0)}:6443", API_HOST)
    certificate, key = issued.certificate.decode(), issued.key.decode()
    return ApiClient.of(kubeconfig("demo", access, running.authority.certificate.decode(), certificate, key))


def test_control_plane_nodes_that_have_registered_are_counted(running: Cluster) -> None:
    api = client(running, [DEPLOYER_GROUP])
    assert unready_reason(api) == ""
    assert missing_nodes(api, 2) == "0 of 2 control-plane nodes have registered (none)"
    # kubeadm labels a node once its kubelet has registered it; here no kubelet runs.
    for name, labels in (("control-0", {NODE_LABEL: ""}), ("worker-0", {})):
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        running.api.apply([node])
    assert missing_nodes(api, 2) == "1 of 2 control-plane nodes have registered (control-0)"
    assert missing_nodes(api, 1) == ""
    running.api.run("delete", "nodes", "control-0", "worker-0")


def test_a_certificate_without_the_right_to_list_nodes_is_named(running: Cluster) -> None:
    assert "does not list nodes (403)" in missing_nodes(client(running, []), 1)
