from pathlib import Path
from typing import Any

import pytest

from support.agent.certificate_requests import (
    KEY,
    NODE_GROUPS,
    OTHER_KEY,
    SERVING,
    builder,
    fingerprint,
    first_request,
    node_name,
    request_body,
    signed,
)
from support.agent.emulated_ec2 import launch
from support.agent.instance import INSTANCE, aws, failed
from support.agent.kubernetes_api import UNREACHABLE, Api, refused
from support.agent.kubernetes_nodes import NOW, FakeInstance, Secrets, control_plane, node_instance
from tripod.bootstrap.agent.control_plane.csr_approver import AUTO_APPROVAL, Approver, run_approver
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER, SERVING_SIGNER
from tripod.bootstrap.agent.node.kubectl import ApiError, own_api
from tripod.core.naming import KUBELET_KEY_TAG

UNKNOWN = "i-0fffffffffffffff0"


def standing_with(folder: Path, *bodies: dict[str, Any]) -> tuple[FakeInstance, Api]:
    standing = node_instance(folder, control_plane())
    api = Api(standing)
    for body in bodies:
        api.put("certificatesigningrequests", body["metadata"]["name"], body)
    return standing, api


def serving(instance: dict[str, Any], address: str, called: str = "serving") -> dict[str, Any]:
    node = f"system:node:{instance['InstanceId']}"
    pem = signed(builder(node_name(node), [instance["InstanceId"], instance["PrivateDnsName"]], [address]))
    who: dict[str, Any] = {"username": node, "groups": NODE_GROUPS, "usages": SERVING}
    return request_body(pem, signer=SERVING_SIGNER, called=called, **who)


def tags(instance: dict[str, Any]) -> dict[str, str]:
    """An instance's tags, as EC2 shows them now."""
    found = aws("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [instance["InstanceId"]]}])
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def conditions(api: Api) -> dict[str, str]:
    """Request → what was decided."""
    return {path.split("/")[-2]: body["status"]["conditions"][0]["type"] for path, body in api.posted}


def look(standing: FakeInstance) -> list[str]:
    agent = standing.at(NOW)
    return Approver(agent, own_api(agent)).decide_pending()


def test_a_worker_that_ec2_knows_is_approved_and_an_invented_one_is_not(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    standing, api = standing_with(
        tmp_path,
        first_request(worker["InstanceId"]),
        first_request(UNKNOWN, "invented", created="2020-01-01T00:00:00Z"),
        serving(worker, worker["PrivateIpAddress"]),
        serving(worker, "10.9.9.9", "foreign"),
    )
    said = look(standing)
    assert conditions(api) == {"first": "Approved", "invented": "Denied", "serving": "Approved", "foreign": "Denied"}
    assert sorted(line.split(":")[0] for line in said) == ["approve", "approve", "deny", "deny"]
    assert set(standing.cloud.calls) == {"describe_instances", "create_tags"}


def test_a_decision_is_written_on_the_very_request_that_was_looked_at(tmp_path: Path, cluster: Secrets) -> None:
    body = first_request(launch()["InstanceId"])
    standing, api = standing_with(tmp_path, body)
    look(standing)
    ((path, written),) = api.posted
    assert path == "/apis/certificates.k8s.io/v1/certificatesigningrequests/first/approval"
    # With its version and its uid: one that was made anew under this name is not meant.
    assert written["metadata"] == body["metadata"]
    assert written["spec"] == body["spec"]
    (condition,) = written["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("True", "TripodApprover")
    assert "EC2 knows" in condition["message"]


@pytest.mark.parametrize("reason", ["Conflict", "NotFound"])
def test_what_another_node_decided_first_is_left(reason: str, tmp_path: Path, cluster: Secrets) -> None:
    standing, api = standing_with(tmp_path, first_request(launch()["InstanceId"]))
    api.refusals["/apis/certificates.k8s.io/v1/certificatesigningrequests/first/approval"] = refused(reason)
    assert look(standing) == []


def test_a_refusal_by_the_api_is_not_overlooked(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = standing_with(tmp_path, first_request(launch()["InstanceId"]))
    api.refusals["/apis/certificates.k8s.io/v1/certificatesigningrequests/first/approval"] = refused("Forbidden")
    with pytest.raises(ApiError, match="Forbidden"):
        look(standing)


def test_a_nodes_name_is_not_given_twice(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    standing, api = standing_with(tmp_path, first_request(worker["InstanceId"]))
    api.put("node", worker["InstanceId"], {"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
    look(standing)
    assert conditions(api) == {"first": "Denied"}
    assert KUBELET_KEY_TAG not in tags(worker)


def test_the_first_key_of_an_instance_is_approved_again_and_no_other_ever(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    id_ = worker["InstanceId"]
    standing, api = standing_with(tmp_path, first_request(id_), first_request(id_, "impostor", OTHER_KEY))
    said = look(standing)
    assert conditions(api) == {"first": "Approved", "impostor": "Denied"}
    assert "terminate it, its group launches another" in said[1]
    assert tags(worker)[KUBELET_KEY_TAG] == fingerprint(KEY)
    # Both requests were collected since, and the ConfigMap with them; etcd may have been restored.
    later, api = standing_with(
        tmp_path / "later", first_request(id_, "again"), first_request(id_, "impostor-again", OTHER_KEY)
    )
    look(later)
    assert conditions(api) == {"again": "Approved", "impostor-again": "Denied"}
    # What is recorded is not written again.
    assert later.cloud.calls == ["describe_instances"] * 2


def test_after_an_outage_the_key_that_a_kubelet_waits_with_is_approved(tmp_path: Path, cluster: Secrets) -> None:
    """A kubelet gives a request up after 15 minutes, or when it starts again, and asks with a new key."""
    id_ = launch()["InstanceId"]
    standing, api = standing_with(
        tmp_path,
        first_request(id_, "given-up", OTHER_KEY, created="2026-07-14T08:50:00Z"),
        first_request(id_, "superseded", OTHER_KEY, created="2026-07-14T08:55:00Z"),
        first_request(id_, "live", created="2026-07-14T09:05:00Z"),
    )
    look(standing)
    assert conditions(api) == {"live": "Approved", "superseded": "Denied"}


def test_another_nodes_approver_was_faster_and_ec2_does_not_show_it_yet(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    id_ = worker["InstanceId"]
    standing, api = standing_with(tmp_path, first_request(id_))
    look(standing)
    ((kind, namespace, name),) = [key for key in api.objects if key[0] == "configmap"]
    made = api.objects[kind, namespace, name]
    # The garbage collector removes it with the request. Until then nobody changes it.
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("CertificateSigningRequest", "first", "uid-of-first")
    assert made["immutable"] is True
    aws("ec2").delete_tags(Resources=[id_], Tags=[{"Key": KUBELET_KEY_TAG}])
    other, api = standing_with(tmp_path / "other", first_request(id_, "impostor", OTHER_KEY), first_request(id_))
    api.objects[kind, namespace, name] = made
    look(other)
    assert conditions(api) == {"impostor": "Denied", "first": "Approved"}
    assert tags(worker)[KUBELET_KEY_TAG] == fingerprint(KEY)


def test_nothing_is_approved_before_its_key_is_recorded(tmp_path: Path, cluster: Secrets) -> None:
    worker, second = launch(), launch()
    standing, api = standing_with(
        tmp_path, first_request(worker["InstanceId"]), first_request(second["InstanceId"], "second")
    )
    # A refusal of one instance's tag keeps no other waiting.
    standing.cloud.faults["create_tags"] = ["TagLimitExceeded"]
    with pytest.raises(AgentError, match="TagLimitExceeded"):
        look(standing)
    assert conditions(api) == {"second": "Approved"}
    assert [line.partition(":")[0] for line in standing.lines] == ["approve"]
    del api.objects["certificatesigningrequests", "", "second"]
    standing.cloud.faults["create_tags"] = ["InvalidInstanceID.NotFound"]
    assert look(standing) == []
    look(standing)
    assert conditions(api) == {"second": "Approved", "first": "Approved"}


def test_decided_requests_and_other_signers_cost_no_question(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    done = {**first_request(worker["InstanceId"], "done"), "status": {"conditions": [{"type": "Denied"}]}}
    renewal = first_request(worker["InstanceId"], "renewal", groups=NODE_GROUPS, signer=CLIENT_SIGNER)
    foreign = first_request(worker["InstanceId"], "foreign", signer="example.com/signer")
    standing, api = standing_with(tmp_path, done, renewal, foreign)
    assert look(standing) == []
    assert api.posted == []
    assert standing.cloud.calls == []


def test_kubeadms_automatic_approval_is_taken_away_whenever_it_comes_back(tmp_path: Path, cluster: Secrets) -> None:
    launch()
    standing, api = standing_with(tmp_path)
    look(standing)
    assert api.removed == []
    api.put("clusterrolebinding", AUTO_APPROVAL, {})
    look(standing)
    assert api.removed == [AUTO_APPROVAL]
    look(standing)
    assert api.removed == [AUTO_APPROVAL]


def test_throttling_is_waited_out_and_a_dead_ec2_does_not_end_the_service(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    standing, api = standing_with(tmp_path, first_request(worker["InstanceId"]))
    standing.cloud.faults["describe_instances"] = ["RequestLimitExceeded", "InternalError"]
    agent = standing.at(NOW)
    run_approver(agent, own_api(agent), sleep=standing.clock.sleep, rounds=1)
    assert conditions(api) == {"first": "Approved"}
    standing.cloud.faults["describe_instances"] = ["RequestLimitExceeded"] * 1000
    run_approver(agent, own_api(agent), sleep=standing.clock.sleep, rounds=2)
    said = [line for line in standing.lines if "the look failed" in line]
    # The same trouble is said once.
    assert len(said) == 1
    assert "ec2:describe_instances" in said[0]
    assert "gave up after 20 s" in said[0]


def test_an_api_that_is_away_is_reported_once_and_asked_again(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    standing, api = standing_with(tmp_path, first_request(worker["InstanceId"]))
    api.faults = [failed(UNREACHABLE)] * 3
    agent = standing.at(NOW)
    assert run_approver(agent, own_api(agent), sleep=standing.clock.sleep, rounds=4) == "4 looks"
    assert len([line for line in standing.lines if "was refused" in line]) == 1
    assert conditions(api) == {"first": "Approved"}


def test_it_asks_its_own_api_server_and_shows_no_secret_in_a_command(tmp_path: Path, cluster: Secrets) -> None:
    worker = launch()
    standing, _ = standing_with(tmp_path, first_request(worker["InstanceId"]))
    look(standing)
    for command in standing.machine.ran("kubectl"):
        assert "--server=https://10.0.192.70:6443" in command
        assert f"--kubeconfig={standing.machine.path('/etc/kubernetes/admin.conf')}" in command
        assert "BEGIN" not in command
    assert INSTANCE not in "".join(standing.lines)
