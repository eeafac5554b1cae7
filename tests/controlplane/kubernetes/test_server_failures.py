"""One API server is killed, stopped or renewed; the other serves on, without a single failure."""

import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from support.controlplane.secret_writes import delete_all, read_values, secret_writes
from tripod.bootstrap.agent.control_plane import renewal
from tripod.bootstrap.agent.control_plane.operator_commands import start_api_server, stop_api_server
from tripod.bootstrap.agent.node.kubectl import Kubectl, own_api
from tripod.bootstrap.agent.node.paths import PKI


@pytest.fixture(autouse=True)
def forgotten(running: Cluster) -> Generator[None]:
    """No test has the Secrets of another: a rotation of keys would rewrite them all."""
    yield
    delete_all(running.caller("writer", ["system:masters"]))


def leading(running: Cluster) -> int:
    """The number of the node whose controller manager leads."""
    lease = running.api.find("lease", "kube-controller-manager", "kube-system") or {}
    holder = str(lease["spec"]["holderIdentity"]).partition("_")[0]
    return [node.host.instance.name for node in running.nodes].index(holder)


def test_a_server_is_killed_and_the_other_does_everything(running: Cluster, measured: Callable[[str], None]) -> None:
    number = leading(running)
    killed, other = running.servers[number], 1 - number
    caller = running.caller("writer", ["system:masters"], other)
    with secret_writes("killed", lambda _: caller) as writes:
        killed.api.kill()
        with pytest.raises(OSError, match="refused"):
            killed.api.status("/readyz")
        # Not only what is asked is answered: the controllers that asked the dead server are taken over from.
        assert caller.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "after-a-kill"}}).status == 201
        path = "/api/v1/namespaces/after-a-kill/serviceaccounts/default"
        seconds = until("controllers at work", lambda: caller.ask("GET", path).status == 200)
        measured(f"an API server is killed: the controllers of another node are at work after {seconds:.1f} s")
        killed.api.start()
        killed.api.wait_ready()
    assert writes.failed == []
    assert len(writes.written) > 3
    assert writes.written.items() <= read_values(running.caller("reader", ["system:masters"], number)).items()
    assert running.servers[other].api.running


def test_a_server_is_stopped_for_a_restore_and_the_other_serves(running: Cluster) -> None:
    second = running.nodes[1]
    caller = running.caller("writer", ["system:masters"])
    with secret_writes("stopped", lambda _: caller) as writes:
        assert json.loads(second.command(stop_api_server)) == {"stopped": True}
        assert not running.servers[1].api.running
        # Said twice it is the same.
        assert json.loads(second.command(stop_api_server)) == {"stopped": True}
        assert json.loads(second.command(start_api_server)) == {"started": True}
    assert running.servers[1].api.ready()
    assert writes.failed == []


def serial(running: Cluster, name: str) -> int:
    pem = running.nodes[0].host.path(f"{PKI}/{name}.crt").read_bytes()
    return x509.load_pem_x509_certificate(pem).serial_number


LEAVES = ("apiserver", "apiserver-kubelet-client", "front-proxy-client", "apiserver-etcd-client")


def test_certificates_are_renewed_at_two_thirds_of_their_life_while_the_other_serves(running: Cluster) -> None:
    first, starts = running.nodes[0], running.starts

    def renew(days: float) -> str:
        moment = datetime.now(UTC) + timedelta(days=days)
        return first.command(lambda agent: renewal.renew_certificates(agent, own_api(agent)), now=lambda: moment)

    before = {name: serial(running, name) for name in LEAVES}
    # Two thirds of a year are 243 days.
    assert "nothing is due" in renew(242)
    assert {name: serial(running, name) for name in LEAVES} == before
    caller = running.caller("writer", ["system:masters"], server=1)
    with secret_writes("renewed", lambda _: caller) as writes:
        assert renew(245).startswith(
            "renewed 7 certificates, restarted kube-scheduler, kube-controller-manager, kube-api"
        )
    assert writes.failed == []
    assert not {serial(running, name) for name in LEAVES} & set(before.values())
    assert running.servers[0].api.ready()
    # The renewed credentials work, and the other node was left alone.
    assert running.api.run("get", "--raw=/readyz") == "ok"
    for name in ("controller-manager", "scheduler"):
        own = Kubectl(first.host, f"/etc/kubernetes/{name}.conf")
        assert own.run("auth", "whoami", "--output=jsonpath={.status.userInfo.username}") == f"system:kube-{name}"
    assert running.starts[1] == starts[1]


@pytest.mark.parametrize("file", ["pki/apiserver.crt", "admin.conf"])
def test_a_file_that_was_cut_off_while_it_was_written_is_issued_anew(running: Cluster, file: str) -> None:
    node = running.nodes[0]
    path = node.host.path(f"/etc/kubernetes/{file}")
    path.write_bytes(path.read_bytes()[:100])
    said = node.command(lambda agent: renewal.renew_certificates(agent, own_api(agent)))
    assert said.startswith("renewed 1 certificates, restarted")
    assert running.servers[0].api.ready()
    assert "nothing is due" in node.command(lambda agent: renewal.renew_certificates(agent, own_api(agent)))
