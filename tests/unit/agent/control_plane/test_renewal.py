"""Renewal with real certificates, and a clock that is set forward."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import INSTANCE, failed
from support.agent.kubernetes_api import UNREACHABLE, Api, refused
from support.agent.kubernetes_nodes import ADDRESS, FakeInstance, Secrets, control_plane, node_instance
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane.renewal import (
    CERTIFICATES,
    KUBECONFIGS,
    PENDING,
    lifetime_left,
    other_servers,
    renew_certificates,
)
from tripod.bootstrap.agent.control_plane.restart_lease import NAME, acquire_lease, is_free
from tripod.bootstrap.agent.control_plane.static_pods import HEALTH, restart_static_pods
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.certificates import Validity
from tripod.bootstrap.agent.node.kubectl import own_api
from tripod.bootstrap.agent.node.paths import ETCD_CLIENT_CERTIFICATE, KUBEADM, PKI

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(begin: datetime, life: timedelta = YEAR) -> str:
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + life)
        .sign(_KEY, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


class Node:
    """A control-plane node whose certificates were issued now, and whose kubeadm and containers are pretended."""

    def __init__(self, folder: Path) -> None:
        self.standing: FakeInstance = node_instance(folder, control_plane())
        self.api = Api(self.standing)
        self.issue(NOW)
        self.signs_at = NOW
        self.containers = {component: [f"{component}-1"] for component in HEALTH}
        self.stopped: list[str] = []
        slices = {"endpoints": [{"addresses": [ADDRESS]}, {"addresses": ["10.0.200.70"]}]}
        self.api.put("endpointslices", "kubernetes", slices)
        kubectl = self.standing.machine.replies.pop("kubectl")
        assert callable(kubectl)
        self._kubectl: Callable[..., str] = kubectl
        self.standing.machine.replies.update(
            {
                "kubectl": self._view,
                "kubeadm certs renew all": self._renew,
                "kubeadm init phase": self._issue_one,
                "crictl ps": self._list,
                "crictl stop": self._stop,
                "curl": "",
            }
        )

    def issue(self, begin: datetime) -> None:
        for path in (*CERTIFICATES, *KUBECONFIGS):
            if path != ETCD_CLIENT_CERTIFICATE:
                self.standing.machine.write(path, certificate(begin))

    def _view(self, *command: str) -> str:
        if "config" in command:
            # kubectl's answer: the certificate in the file, in base64.
            return base64.b64encode(Path(command[1].partition("=")[2]).read_bytes()).decode()
        return self._kubectl(*command)

    def _issue_one(self, *command: str) -> str:
        named = {f"{PKI}/{command[4]}.crt", f"/etc/kubernetes/{command[4]}.conf"} & {*CERTIFICATES, *KUBECONFIGS}
        self.standing.machine.write(named.pop(), certificate(self.signs_at))
        return ""

    def _renew(self, *_: str) -> str:
        for path in {*CERTIFICATES, *KUBECONFIGS} - {ETCD_CLIENT_CERTIFICATE}:
            if "BEGIN" not in (self.standing.machine.read(path) or ""):
                raise failed(f"error: failed to load existing certificate {path}")
        self.issue(self.signs_at)
        return ""

    def _list(self, *command: str) -> str:
        component = command[-1].removeprefix("--name=^").removesuffix("$")
        return "\n".join(self.containers[component])

    def _stop(self, *command: str) -> str:
        component, _, number = command[-1].rpartition("-")
        self.stopped.append(component)
        self.containers[component] = [f"{component}-{int(number) + 1}"]
        return ""

    def renew(self, days: float) -> str:
        self.signs_at = NOW + timedelta(days=days)
        agent = self.standing.at(self.signs_at)
        return renew_certificates(agent, own_api(agent))


@pytest.fixture
def node(tmp_path: Path, cluster: Secrets) -> Node:
    made = Node(tmp_path)
    # openssl signs by the machine's clock: what it signs in a test must be newer than what was there.
    made.standing.machine.write(ETCD_CLIENT_CERTIFICATE, certificate(NOW - timedelta(hours=1)))
    return made


@pytest.mark.parametrize("days", [0, 100, 243])
def test_before_two_thirds_of_their_lifetime_nothing_happens(days: float, node: Node) -> None:
    assert "nothing is due" in node.renew(days)
    assert node.stopped == []
    assert not node.standing.machine.ran("kubeadm")


@pytest.mark.parametrize("days", [243.5, 300, 364, 400])
def test_after_two_thirds_all_are_renewed_and_what_uses_them_is_restarted(days: float, node: Node) -> None:
    before = node.standing.machine.read(f"{PKI}/apiserver.crt")
    said = node.renew(days)
    assert said.startswith("renewed 7 certificates, restarted kube-scheduler, kube-controller-manager, kube-apiserver")
    assert node.standing.machine.read(f"{PKI}/apiserver.crt") != before
    assert node.standing.machine.ran("kubeadm") == [
        f"kubeadm certs renew all --config={node.standing.machine.path(KUBEADM)}"
    ]
    # The API server last: the others need it to come back.
    assert node.stopped == list(HEALTH)
    assert not node.standing.machine.path(PENDING).exists()


def test_the_certificate_for_etcd_is_renewed_with_the_others(node: Node) -> None:
    before = node.standing.machine.read(ETCD_CLIENT_CERTIFICATE)
    node.renew(300)
    assert node.standing.machine.read(ETCD_CLIENT_CERTIFICATE) != before
    assert node.standing.cloud.calls == ["get_secret_value"]


def test_renewed_they_last(node: Node) -> None:
    node.renew(250)
    # openssl signs by the machine's clock: the one for etcd is as old as this test.
    node.standing.machine.write(ETCD_CLIENT_CERTIFICATE, certificate(node.signs_at))
    assert "nothing is due" in node.renew(260)


def test_one_that_is_missing_or_broken_counts_as_due(node: Node) -> None:
    node.standing.machine.write(f"{PKI}/front-proxy-client.crt", "broken")
    assert node.renew(1).startswith("renewed 1 certificates")


def test_it_waits_while_no_other_server_could_serve_and_not_for_ever(node: Node) -> None:
    node.api.put("endpointslices", "kubernetes", {"endpoints": [{"addresses": [ADDRESS]}]})
    assert "waits until another API server serves" in node.renew(300)
    assert node.stopped == []
    # A month before the end it is done whoever serves meanwhile.
    assert node.renew(340).startswith("renewed")


def test_it_waits_while_another_node_restarts(node: Node) -> None:
    held = {"spec": {"holderIdentity": "i-other", "leaseDurationSeconds": 1800, "renewTime": node_time(300)}}
    node.api.objects["lease", "kube-system", NAME] = {"metadata": {"name": NAME}, **held}
    assert "waits until" in node.renew(300)
    assert node.stopped == []
    # It has died of it.
    assert node.renew(300.1).startswith("renewed")


def node_time(days: float) -> str:
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_restart_lease_is_taken_and_released(node: Node) -> None:
    node.renew(300)
    lease = node.api.objects["lease", "kube-system", NAME]
    assert lease["spec"]["holderIdentity"] == INSTANCE
    path, body = node.api.posted[-1]
    assert path.endswith(f"/leases/{NAME}")
    assert body["spec"]["holderIdentity"] == ""


def test_a_component_that_does_not_come_back_stops_it_and_is_tried_again(node: Node) -> None:
    node.standing.machine.replies["curl"] = failed("curl: (22) 500", 22)
    with pytest.raises(AgentError, match=r"restart of kube-scheduler: kube-scheduler does not say at .*10259"):
        node.renew(300)
    # One thing that is ill is enough: the API server was not touched.
    assert node.stopped == ["kube-scheduler"]
    assert node.standing.machine.path(PENDING).exists()
    node.standing.machine.replies["curl"] = ""
    node.standing.machine.write(ETCD_CLIENT_CERTIFICATE, certificate(node.signs_at))
    node.stopped.clear()
    # Nothing is due any more, and what uses the old ones is restarted all the same.
    assert node.renew(300) == f"renewed 0 certificates, restarted {', '.join(HEALTH)}"
    assert node.stopped == list(HEALTH)
    assert "nothing is due" in node.renew(300)


def test_a_kubeadm_that_renews_nothing_is_found_out(node: Node) -> None:
    node.standing.machine.replies["kubeadm certs renew all"] = ""
    with pytest.raises(AgentError, match=r"not these: /etc/kubernetes/admin\.conf"):
        node.renew(300)
    assert node.stopped == []


def test_a_kubeadm_that_fails_says_why(node: Node) -> None:
    node.standing.machine.replies["kubeadm certs renew all"] = failed(
        "error: cannot read the CA\nTo see the stack trace"
    )
    with pytest.raises(AgentError, match=r"`kubeadm certs renew all` ended with 1: error: cannot read the CA$"):
        node.renew(300)


def test_an_api_that_is_away_postpones_it_until_it_is_urgent(node: Node) -> None:
    node.api.faults = [failed(UNREACHABLE)] * 10000
    with pytest.raises(AgentError, match="gave up"):
        node.renew(300)
    assert node.stopped == []
    assert node.renew(350).startswith("renewed")
    assert any("the restart lease is not released" in line for line in node.standing.lines)


def test_the_restart_waits_for_a_container_that_is_another(tmp_path: Path) -> None:
    standing = node_instance(tmp_path, control_plane())
    lists = iter([*(["old"] * 3), "old", "", "new", *(["a", "a", "b"] * 2)])
    standing.machine.replies.update({"crictl ps": lambda *_: next(lists), "crictl stop": "", "curl": ""})
    restart_static_pods(standing.agent)
    assert standing.machine.ran("crictl stop") == [
        f"crictl stop --timeout=60 {container}" for container in ("old", "a", "a")
    ]
    assert standing.clock.time > 0
    assert standing.machine.ran("curl")[-1].endswith(f"https://{ADDRESS}:6443/readyz")


def test_a_lease_is_one_nodes_until_it_is_given_up_or_old() -> None:
    lease = {"spec": {"holderIdentity": "a", "leaseDurationSeconds": 60, "renewTime": "2026-07-14T09:00:00.000000Z"}}
    start = datetime(2026, 7, 14, 9, 0, tzinfo=UTC)
    assert is_free(lease, "a", start)
    assert not is_free(lease, "b", start + timedelta(seconds=60))
    assert is_free(lease, "b", start + timedelta(seconds=61))
    assert is_free({"spec": {**lease["spec"], "holderIdentity": ""}}, "b", start)
    assert is_free({}, "b", start)


@pytest.mark.parametrize("reason", ["AlreadyExists", "Conflict"])
def test_of_two_nodes_that_see_it_free_one_takes_it(reason: str, tmp_path: Path) -> None:
    standing = node_instance(tmp_path, control_plane())
    api = Api(standing)
    api.faults = [None, refused(reason)]
    assert not acquire_lease(standing.agent, own_api(standing.agent), "a")
    assert acquire_lease(standing.agent, own_api(standing.agent), "a")


@few
@given(st.floats(-0.5, 2.5))
def test_the_lifetime_left_goes_from_one_to_nothing(part: float) -> None:
    left = lifetime_left(Validity(NOW, NOW + YEAR), NOW + part * YEAR)
    assert left == pytest.approx(min(1, max(0, 1 - part)), abs=1e-6)
    assert lifetime_left(None, NOW) == 0


def test_the_other_servers_are_those_in_every_slice() -> None:
    slices = [
        {"endpoints": [{"addresses": ["a", "b"]}]},
        {"endpoints": None},
        {},
        {"endpoints": [{"addresses": ["c"]}]},
    ]
    assert other_servers(slices, "a") == {"b", "c"}
    assert other_servers([], "a") == frozenset()


def test_on_command_all_are_renewed_before_their_time(node: Node) -> None:
    node.signs_at = NOW + timedelta(days=1)
    agent = node.standing.at(node.signs_at)
    said = renew_certificates(agent, own_api(agent), before_time=True)
    assert said.startswith("renewed 7 certificates, restarted kube-scheduler")


def test_on_command_without_another_server_it_fails_and_changes_nothing(node: Node) -> None:
    node.api.put("endpointslices", "kubernetes", {"endpoints": [{"addresses": [ADDRESS]}]})
    agent = node.standing.at(NOW)
    with pytest.raises(AgentError, match="nothing was renewed"):
        renew_certificates(agent, own_api(agent), before_time=True)
    assert node.stopped == []
