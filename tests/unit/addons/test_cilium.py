"""Cilium's values that differ from its defaults."""

from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from support.add_ons.cluster_facts import API_HOST, MIRRORS, cluster_facts
from tripod.addons.cilium.values import cilium_values, pools
from tripod.security import ports
from tripod.security.matrix import RuleOptions, matrix

PODS_OF_A_KUBELET = 110


def values(**changes: object) -> dict[str, object]:
    return cilium_values(cluster_facts(**changes), API_HOST, "6443")


def test_it_connects_to_the_api_by_name_and_replaces_kube_proxy() -> None:
    settings = values()
    assert (settings["k8sServiceHost"], settings["k8sServicePort"]) == (API_HOST, "6443")
    assert settings["kubeProxyReplacement"] == "true"


def test_pods_have_the_planned_range_and_not_the_charts() -> None:
    assert pools("100.64.0.0/14") == {"clusterPoolIPv4PodCIDRList": ["100.64.0.0/14"], "clusterPoolIPv4MaskSize": 24}


@given(prefix=st.integers(8, 20))
def test_every_range_of_pods_has_room_for_a_kubelets_pods_on_many_nodes(prefix: int) -> None:
    mask = pools(f"10.0.0.0/{prefix}")["clusterPoolIPv4MaskSize"]
    usable = IPv4Network(f"10.0.0.0/{mask}").num_addresses - 2
    assert usable >= PODS_OF_A_KUBELET + 2
    assert 2 ** (mask - prefix) >= 32


def test_what_it_sends_between_nodes_is_what_the_perimeter_opens() -> None:
    settings = values()
    between = {(row.protocol, row.port) for row in matrix(RuleOptions(cni="cilium")) if "Cilium" in row.reason}
    wrapped = {(row.protocol, row.port) for row in matrix(RuleOptions(cni="cilium")) if "between nodes" in row.reason}
    assert (settings["routingMode"], settings["tunnelProtocol"]) == ("tunnel", "vxlan")
    assert wrapped == {("udp", settings["tunnelPort"])}
    assert settings["extraConfig"] == {"cluster-health-port": str(ports.CILIUM_HEALTH)}
    assert between == {("tcp", ports.CILIUM_HEALTH), ("icmp", None)}


def test_a_gateway_is_served_if_it_is_the_ingress() -> None:
    assert values()["gatewayAPI"] == {"enabled": False, "enableProxyProtocol": False}
    assert values(gateway=True, gateway_proxy_protocol=True)["gatewayAPI"] == {
        "enabled": True,
        "enableProxyProtocol": True,
    }


def test_images_keep_their_digests_unless_they_come_from_a_mirror() -> None:
    assert values()["image"] == {"repository": "quay.io/cilium/cilium"}
    assert values(image_mirrors=MIRRORS)["image"] == {
        "repository": "mirror.example.com/quay/cilium/cilium",
        "useDigest": False,
    }
