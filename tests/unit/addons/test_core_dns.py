"""The cluster's DNS: its address, its placement and its network policy."""

from ipaddress import IPv4Network
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.add_ons.cluster_facts import cluster_facts
from tripod.addons.core_dns.objects import core_dns
from tripod.addons.framework.objects import key_of
from tripod.addons.framework.pods import ZONE
from tripod.bootstrap.agent.node.kubelet_config import kubelet_configuration
from tripod.network.addresses import dns_service_address

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def found(key: str, **changes: Any) -> dict[str, Any]:
    return next(one for one in core_dns(cluster_facts(**changes), 2) if key_of(one) == key)


@given(second=st.integers(0, 255), prefix=st.integers(12, 24))
def test_the_service_is_where_every_kubelet_looks(second: int, prefix: int) -> None:
    """Both are derived from the range of Services, each for itself."""
    range_ = IPv4Network(f"10.{second}.0.0/{prefix}", strict=False)
    kubelets = kubelet_configuration(str(dns_service_address(range_)))["clusterDNS"]
    assert [found("Service/kube-dns", service_cidr=str(range_))["spec"]["clusterIP"]] == kubelets


def test_replicas_stand_apart_and_go_one_at_a_time() -> None:
    spec = found("Deployment/coredns")["spec"]
    assert spec["replicas"] == 2
    assert ZONE in {one["topologyKey"] for one in spec["template"]["spec"]["topologySpreadConstraints"]}
    assert found("PodDisruptionBudget/coredns")["spec"]["maxUnavailable"] == 1


def test_it_keeps_the_restricted_standard_of_pod_security() -> None:
    """Pod Security Standards, restricted; and coredns/coredns' Dockerfile, whose user has the number 65532."""
    pod = found("Deployment/coredns")["spec"]["template"]["spec"]
    context = pod["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 65532)
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    }


def test_it_stands_only_where_workers_reach_it() -> None:
    def tolerated(cni: str) -> set[str]:
        pod = found("Deployment/coredns", cni=cni)["spec"]["template"]["spec"]
        return {one["key"] for one in pod["tolerations"]}

    assert CONTROL_PLANE in tolerated("cilium")
    assert CONTROL_PLANE not in tolerated("aws-vpc")


def test_names_are_open_to_all_and_it_reaches_its_resolver_and_the_api() -> None:
    spec = found("NetworkPolicy/coredns")["spec"]
    (inwards,) = spec["ingress"]
    assert "from" not in inwards
    assert {(one["port"], one["protocol"]) for one in inwards["ports"]} >= {(53, "UDP"), (53, "TCP")}
    resolver, api = spec["egress"]
    assert "to" not in resolver
    assert "10.20.192.0/22" in {peer["ipBlock"]["cidr"] for peer in api["to"]}
