"""Several servers are one API, and survive what etcd survives."""

import pytest

from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import Cluster
from support.controlplane.static_pod import MANIFESTS

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"


def test_each_is_an_endpoint_of_the_kubernetes_service(running: Cluster) -> None:
    reader = running.caller("reader", ["system:masters"])

    def listed() -> set[str]:
        endpoints = reader.ask("GET", SLICES).body["endpoints"]
        return {address for endpoint in endpoints for address in endpoint["addresses"]}

    # One that a test has given up leaves them when its lease ends.
    until("all are endpoints", lambda: listed() == {running.address(server) for server in range(2)})


def test_a_file_that_a_container_would_lack_is_noticed(running: Cluster) -> None:
    """A process sees the whole instance; the harness must not pass where the kubelet's container would crash."""
    second = running.servers[1]
    file = second.instance.path(f"{MANIFESTS}/kube-apiserver.yaml")
    manifest = file.read_text()
    flag = "    - --audit-policy-file=/srv/policy\n"
    file.write_text(manifest.replace("- kube-apiserver\n", f"- kube-apiserver\n{flag}", 1))
    second.api.kill()
    with pytest.raises(RuntimeError, match="/srv/policy is in no volume"):
        second.api.start()
    file.write_text(manifest)
    second.api.start()
    second.api.wait_ready()


def test_one_node_and_one_member_may_fail(running: Cluster) -> None:
    killed, member = running.servers[1], running.etcd.leader()
    caller = running.caller("writer", ["system:masters"])
    killed.api.kill()
    member.kill()
    try:
        body = {"metadata": {"name": "with-one-of-each-down"}, "data": {"by": "first"}}
        until("it is written", lambda: caller.ask("POST", CONFIG_MAPS, body).status == 201)
    finally:
        member.start()
        member.wait_healthy()
        killed.api.start()
        killed.api.wait_ready()
    other = running.caller("reader", ["system:masters"], server=1)
    assert other.ask("GET", f"{CONFIG_MAPS}/with-one-of-each-down").body["data"] == {"by": "first"}


@pytest.mark.parametrize("port", [6443, 10257, 10259])
def test_no_server_agrees_on_a_weak_suite(running: Cluster, port: int) -> None:
    """The API server, the controllers and the scheduler, as kubeadm has started them; all of which run with TLS 1.2."""
    instance = running.servers[0].instance

    def agreed(suite: str) -> bool:
        names = f"ECDHE-ECDSA-{suite}:ECDHE-RSA-{suite}"
        place = f"127.0.0.1:{port}"
        command = ("openssl", "s_client", "-connect", place, "-tls1_2", "-cipher", f"{names}:@SECLEVEL=0")
        return instance.run(*command, given="", check=False).returncode == 0

    assert agreed("AES128-GCM-SHA256")
    # Go's own list has this one: TLS_ECDHE_…_WITH_AES_128_CBC_SHA.
    assert not agreed("AES128-SHA")


def test_a_service_takes_no_addresses_of_others(running: Cluster) -> None:
    """CVE-2020-8554."""
    spec = {"ports": [{"port": 443}], "externalIPs": ["203.0.113.7"]}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "thief"}, "spec": spec}
    answer = running.caller("deployer", ["system:masters"]).ask("POST", "/api/v1/namespaces/default/services", body)
    assert (answer.status, "external IPs is denied" in answer.body["message"]) == (403, True)
