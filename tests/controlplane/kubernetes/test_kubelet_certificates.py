"""Kubelet certificates: an honest worker gets one and nobody else, decided by the agent on a real API."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from support.agent.instance import aws
from support.controlplane.certificate_requests import decided, issued, request
from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster, launched
from tripod.bootstrap.agent.control_plane.csr_approver import AUTO_APPROVAL, Approver
from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER, SERVING_SIGNER
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl, own_api
from tripod.bootstrap.agent.node.paths import DISCOVERY
from tripod.core.naming import KUBELET_KEY_TAG


def test_whoever_holds_the_token_becomes_no_other_node(running: Cluster, joined: Kubectl) -> None:
    token, host = Kubectl(running.worker.host, DISCOVERY), running.worker.host
    targets = {
        "unknown": "i-0fffffffffffffff0",
        "control-plane": running.nodes[0].id,
        "member": launched("etcd")["InstanceId"],
    }
    old = aws("ec2").describe_instances(InstanceIds=[running.nodes[1].id])["Reservations"][0]["Instances"][0]
    for name, node in targets.items():
        request(token, host, name, node, CLIENT_SIGNER)
    request(token, host, "with-address", running.worker.id, CLIENT_SIGNER, "IP:10.10.0.1")
    # EC2's answers may lag: the unknown one is refused when it has been asked for a while.
    later = old["LaunchTime"] + timedelta(minutes=30)
    said = Approver(running.nodes[0].agent(now=lambda: later), running.api).decide_pending()
    assert len(said) == 4
    assert {decided(running, name) for name in (*targets, "with-address")} == {"Denied"}
    # And the controller manager has not signed what nobody approved.
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is None


def test_kubeadms_unseen_approval_does_not_help_a_token_even_when_it_is_back(running: Cluster, joined: Kubectl) -> None:
    phase = ("bootstrap-token", "--skip-token-print", "--config=/etc/kubernetes/kubeadm.yaml")
    running.nodes[1].host.really("kubeadm", "init", "phase", *phase)
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is not None
    host = running.worker.host
    request(Kubectl(host, DISCOVERY), host, "unseen", "i-0eeeeeeeeeeeeeee0", CLIENT_SIGNER)
    # The controller manager has had its chance when it has decided on what came after.
    request(joined, host, "seen", running.worker.id, CLIENT_SIGNER)
    issued(running, "seen")
    assert decided(running, "unseen") == ""
    running.approve()
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is None


def test_a_node_renews_its_own_certificate_and_serves_only_as_itself(running: Cluster, joined: Kubectl) -> None:
    host, id_ = running.worker.host, running.worker.id
    known = aws("ec2").describe_instances(InstanceIds=[id_])["Reservations"][0]["Instances"][0]
    request(joined, host, "renewal", id_, CLIENT_SIGNER)
    own = f"DNS:{id_},DNS:{known['PrivateDnsName']},IP:{known['PrivateIpAddress']}"
    request(joined, host, "serving", id_, SERVING_SIGNER, own)
    request(joined, host, "other-address", id_, SERVING_SIGNER, f"IP:{running.nodes[0].host.instance.address}")
    request(joined, host, "broken-line", id_, SERVING_SIGNER, f"DNS:{id_},DNS:api.demo.internal")
    with pytest.raises(ApiError, match="can only create a node CSR with CN"):
        request(joined, host, "impostor", running.nodes[0].id, SERVING_SIGNER, "IP:10.10.0.1")
    assert len(running.approve()) == 3
    assert "BEGIN CERTIFICATE" in issued(running, "renewal")
    assert "BEGIN CERTIFICATE" in issued(running, "serving")
    assert {decided(running, name) for name in ("other-address", "broken-line")} == {"Denied"}


def approvers(running: Cluster) -> list[Approver]:
    return [Approver(node.agent(), own_api(node.agent())) for node in running.nodes]


def test_of_two_keys_that_approvers_look_at_together_one_is_approved(running: Cluster, joined: Kubectl) -> None:
    token, host, id_ = Kubectl(running.worker.host, DISCOVERY), running.worker.host, launched("workers")["InstanceId"]
    for name in ("one-key", "another-key"):
        request(token, host, name, id_, CLIENT_SIGNER)
    with ThreadPoolExecutor() as pool:
        list(pool.map(Approver.decide_pending, approvers(running)))
    assert {decided(running, name) for name in ("one-key", "another-key")} == {"Approved", "Denied"}


def test_a_key_counts_before_ec2_shows_it_and_after_its_request_is_collected(running: Cluster, joined: Kubectl) -> None:
    token, host, id_ = Kubectl(running.worker.host, DISCOVERY), running.worker.host, launched("workers")["InstanceId"]
    one, other = approvers(running)
    request(token, host, "own", id_, CLIENT_SIGNER)
    one.decide_pending()
    tags = aws("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [id_]}])["Tags"]
    (written,) = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags if tag["Key"] == KUBELET_KEY_TAG]
    # EC2 does not show it to the other node yet.
    aws("ec2").delete_tags(Resources=[id_], Tags=[written])
    request(token, host, "late", id_, CLIENT_SIGNER)
    other.decide_pending()
    assert (decided(running, "own"), decided(running, "late")) == ("Approved", "Denied")
    # The garbage collector takes the ConfigMap with the request; by then EC2 shows the tag.
    aws("ec2").create_tags(Resources=[id_], Tags=[written])
    running.api.run("delete", "csr", "own")
    until("the ConfigMap goes", lambda: running.api.find("configmap", f"first-key-{id_}", "kube-system") is None, 60)
    request(token, host, "later", id_, CLIENT_SIGNER)
    other.decide_pending()
    assert decided(running, "later") == "Denied"
