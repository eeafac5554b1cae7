import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import aws, failed
from support.agent.kubernetes_api import UNREACHABLE, Api, refused
from support.agent.kubernetes_nodes import ENDPOINT, FakeInstance, Secrets, authority, node_instance, worker
from support.stacks.samples import few
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.paths import (
    BOOTSTRAP_KUBELET,
    CLUSTER_CA,
    DISCOVERY,
    KUBEADM,
    KUBELET,
    KUBELET_CLIENT,
    WORKER_MARKER,
)
from tripod.bootstrap.agent.workers.join import clean_up_join, join, prepare_join, version_problem

JOIN = "abcdef.0123456789abcdef"
PARAMETER = worker().join_token_parameter


def publish(token: str) -> None:
    aws("ssm").put_parameter(Name=PARAMETER, Value=token, Type="SecureString", Overwrite=True)


def bench(folder: Path, server: str = "v1.36.4", **document: Any) -> tuple[FakeInstance, Api]:
    standing = node_instance(folder, worker(**document), {"systemctl": "", "crictl": ""})
    api = Api(standing)
    api.raw["/version"] = json.dumps({"gitVersion": server})
    standing.machine.replies["kubeadm join"] = lambda *_: joined(standing)
    return standing, api


def joined(standing: FakeInstance) -> str:
    for path in (KUBELET, CLUSTER_CA, BOOTSTRAP_KUBELET, KUBELET_CLIENT):
        standing.machine.write(path, "written by kubeadm")
    return ""


def test_the_file_to_join_with_is_the_owners_alone_and_the_token_in_no_command(
    tmp_path: Path, cluster: Secrets
) -> None:
    publish(JOIN)
    standing, _ = bench(tmp_path)
    assert prepare_join(standing.agent) == "the token is good, the server is v1.36.4"
    for path in (DISCOVERY, KUBEADM):
        assert standing.machine.path(path).stat().st_mode & 0o777 == 0o600
    told = json.loads(standing.machine.read(DISCOVERY) or "")
    named = told["clusters"][0]["cluster"]
    assert named["server"] == f"https://{ENDPOINT}"
    assert base64.b64decode(named["certificate-authority-data"]).decode() == authority("cluster-ca")["certificate"]
    assert told["users"][0]["user"] == {"token": JOIN}
    assert told["current-context"] == told["contexts"][0]["name"]
    assert yaml.safe_load(standing.machine.read(KUBEADM) or "")["kind"] == "JoinConfiguration"
    assert JOIN not in "".join(standing.machine.commands + standing.lines)
    assert standing.cloud.calls == ["get_parameter"]


@pytest.mark.parametrize("present", [None, "soon"])
def test_a_worker_that_is_there_first_waits_for_the_control_plane(
    present: str | None, tmp_path: Path, cluster: Secrets
) -> None:
    if present:
        publish(present)
    standing, _ = bench(tmp_path)
    standing.clock.events[120] = lambda: publish(JOIN)
    assert "the token is good" in prepare_join(standing.agent)
    assert standing.clock.time >= 120
    assert any(f"{PARAMETER} holds no token yet" in line for line in standing.lines)


def test_an_expired_token_is_fetched_anew_until_a_good_one_is_there(tmp_path: Path, cluster: Secrets) -> None:
    publish("expire.d000000000000000")
    standing, api = bench(tmp_path)
    api.faults = [failed("error: You must be logged in to the server (Unauthorized)")] * 2
    standing.clock.events[1] = lambda: publish(JOIN)
    assert "the token is good" in prepare_join(standing.agent)
    assert JOIN in (standing.machine.read(DISCOVERY) or "")
    assert any("the API does not accept the token" in line for line in standing.lines)


def test_without_a_token_the_boot_ends_with_one_message(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    with pytest.raises(
        AgentError, match=r"join token: .* holds no token yet: the control plane puts it there; gave up"
    ):
        prepare_join(standing.agent)


def test_a_kubelet_newer_than_the_server_is_not_started(tmp_path: Path, cluster: Secrets) -> None:
    publish(JOIN)
    standing, api = bench(tmp_path, server="v1.35.9", version="1.36.4")
    with pytest.raises(AgentError, match=r"the kubelet is 1\.36\.4, newer than the API server, which is v1\.35\.9: up"):
        prepare_join(standing.agent)
    assert not standing.machine.ran("kubeadm")
    assert not standing.machine.ran("systemctl")
    # The control plane is upgraded meanwhile.
    api.raw["/version"] = '{"gitVersion": "v1.36.0"}'
    assert "v1.36.0" in prepare_join(standing.agent)


@pytest.mark.parametrize(
    ("kubelet", "server", "fits"),
    [
        ("1.36.4", "v1.36.4", True),
        ("1.36.4", "v1.36.1", True),
        ("1.33.0", "v1.36.4", True),
        ("1.36.4", "v1.37.0-alpha.1", True),
        ("1.37.0", "v1.36.9", False),
        ("2.0.0", "v1.99.0", False),
        ("1.36.4", "unknown", False),
        ("", "v1.36.4", False),
    ],
)
def test_a_kubelet_may_be_as_new_as_its_server(kubelet: str, server: str, fits: bool) -> None:
    assert (version_problem(kubelet, server) == "") is fits


versions = st.tuples(st.integers(1, 3), st.integers(0, 60), st.integers(0, 60))


@few
@given(versions, versions)
def test_the_minor_version_decides(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    kubelet, server = (".".join(str(part) for part in version) for version in (one, other))
    assert (version_problem(kubelet, f"v{server}") == "") is (one[:2] <= other[:2])


def test_a_server_that_is_away_is_waited_for(tmp_path: Path, cluster: Secrets) -> None:
    publish(JOIN)
    standing, api = bench(tmp_path)
    api.faults = [failed(UNREACHABLE)] * 5
    assert "the token is good" in prepare_join(standing.agent)
    assert standing.clock.time > 5


def test_a_refusal_by_aws_that_passes_is_waited_out(tmp_path: Path, cluster: Secrets) -> None:
    publish(JOIN)
    standing, _ = bench(tmp_path)
    standing.cloud.faults["get_parameter"] = ["AccessDeniedException", "ThrottlingException"]
    assert "the token is good" in prepare_join(standing.agent)


def test_a_join_is_done_once_and_the_token_does_not_stay(tmp_path: Path, cluster: Secrets) -> None:
    publish(JOIN)
    standing, _ = bench(tmp_path)
    prepare_join(standing.agent)
    assert join(standing.agent) == "kubeadm is done"
    assert standing.machine.ran("kubeadm") == [f"kubeadm join --config={standing.machine.path(KUBEADM)}"]
    assert not standing.machine.path(DISCOVERY).exists()
    assert not standing.machine.path(BOOTSTRAP_KUBELET).exists()
    standing.machine.commands.clear()
    standing.cloud.calls.clear()
    # At the next power-on there is nothing to do but to start the kubelet.
    for phase in (clean_up_join, prepare_join, join):
        phase(standing.agent)
    assert standing.machine.commands == ["systemctl start kubelet.service"]
    assert standing.cloud.calls == []


def test_a_join_that_was_interrupted_early_begins_anew(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    for path in (BOOTSTRAP_KUBELET, CLUSTER_CA):
        standing.machine.write(path, "something")
    assert "removed 2 files" in clean_up_join(standing.agent)
    assert not standing.machine.path(CLUSTER_CA).exists()


def test_a_join_that_was_interrupted_with_its_certificate_goes_on(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    joined(standing)
    assert "as far as the node's certificate" in clean_up_join(standing.agent)
    assert prepare_join(standing.agent) == "no token is needed any more"
    join(standing.agent)
    # A ready node may not ask for its first certificate again: this one must not be thrown away.
    assert not standing.machine.ran("kubeadm")
    assert standing.machine.path(KUBELET_CLIENT).exists()
    assert standing.machine.path(WORKER_MARKER).exists()


def test_a_kubeadm_that_fails_says_why_and_is_not_done(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    standing.machine.replies["kubeadm join"] = failed("error execution phase kubelet-start: the node exists\nTo see")
    with pytest.raises(AgentError, match="`kubeadm join` ended with 1: error execution phase kubelet-start: the node"):
        join(standing.agent)
    assert not standing.machine.path(WORKER_MARKER).exists()


def test_a_kubeadm_that_ends_without_a_certificate_is_not_believed(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    standing.machine.replies["kubeadm join"] = ""
    with pytest.raises(AgentError, match="the kubelet has no certificate: see `journalctl"):
        join(standing.agent)


def test_a_refusal_by_the_api_is_waited_for_as_well(tmp_path: Path, cluster: Secrets) -> None:
    publish(JOIN)
    standing, api = bench(tmp_path)
    api.faults = [refused("Forbidden", "its rights are not there yet")]
    assert "the token is good" in prepare_join(standing.agent)
