from pathlib import Path

import pytest

from support.agent.instance import FakeHost, failed
from support.agent.kubernetes_api import UNREACHABLE
from tripod.bootstrap.agent.core.errors import RetryableError
from tripod.bootstrap.agent.node.kubectl import ApiError, Kubectl

# What kubectl 1.36 said to the same failures of a real server.
PASSING = [
    UNREACHABLE,
    "Unable to connect to the server: net/http: TLS handshake timeout",
    "Error from server (InternalError): an error on the server has prevented the request from succeeding",
    "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
    "Error from server (Timeout): request did not complete within requested timeout",
    "error: Get https://10.0.0.1:6443/api: dial tcp 10.0.0.1:6443: i/o timeout",
    "Error from server: etcdserver: request timed out",
]
REFUSED = {
    'Error from server (NotFound): nodes "a" not found': "NotFound",
    'Error from server (AlreadyExists): error when creating "STDIN": nodes "a" already exists': "AlreadyExists",
    "Error from server (Conflict): Operation cannot be fulfilled": "Conflict",
    "Error from server (TooManyRequests): Cannot evict pod": "TooManyRequests",
    "error: You must be logged in to the server (Unauthorized)": "",
    "error: unknown flag: --nonsense": "",
    "": "",
}


def kubectl(folder: Path, said: str) -> Kubectl:
    machine = FakeHost(folder)
    machine.replies["kubectl"] = failed(said)
    return Kubectl(machine, "/etc/kubernetes/admin.conf")


@pytest.mark.parametrize("said", PASSING)
def test_a_server_that_is_away_for_a_moment_is_asked_again(said: str, tmp_path: Path) -> None:
    with pytest.raises(RetryableError, match="kubectl get"):
        kubectl(tmp_path, said).run("get", "nodes")


@pytest.mark.parametrize(("said", "reason"), REFUSED.items())
def test_a_refusal_is_an_answer_with_its_reason(said: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ApiError) as refusal:
        kubectl(tmp_path, said).run("get", "nodes")
    assert refusal.value.reason == reason
    assert said in str(refusal.value)


def test_a_server_that_lists_all_its_parts_does_not_fill_the_log(tmp_path: Path) -> None:
    with pytest.raises(RetryableError) as refusal:
        kubectl(tmp_path, "Error from server (InternalError): " + "[+]ping ok " * 200).run("get", "--raw=/readyz")
    assert len(str(refusal.value)) < 400


def test_every_call_has_a_limit_and_an_identity(tmp_path: Path) -> None:
    machine = FakeHost(tmp_path)
    machine.replies["kubectl"] = ""
    assert Kubectl(machine, "/etc/kubernetes/kubelet.conf").find("node", "a") is None
    (command,) = machine.commands
    assert "--request-timeout=30s" in command
    assert f"--kubeconfig={tmp_path}/etc/kubernetes/kubelet.conf" in command
    assert "--server" not in command
