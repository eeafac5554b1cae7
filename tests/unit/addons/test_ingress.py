"""Both kinds of ingress."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.add_ons.cluster_facts import cluster_facts
from tripod.addons.cilium.values import cilium_values
from tripod.addons.framework.namespaces import any_pod
from tripod.addons.ingress.constants import HTTPS_LISTENER, NAMESPACE, IngressKind, load_balancer_service
from tripod.addons.ingress.gateway_objects import PLAIN_LISTENER, gateway
from tripod.addons.ingress.load_balancer import CERTIFICATE, default_certificate
from tripod.addons.ingress.nginx_objects import PODS, ingress_nginx, ingress_nginx_values
from tripod.addons.ingress.spec import IngressSpec

KINDS: tuple[IngressKind, ...] = ("ingress-nginx", "gateway")
BALANCER = "service.beta.kubernetes.io/aws-load-balancer"


def balancer(kind: IngressKind, **settings: Any) -> tuple[dict[str, str], list[str]]:
    """Annotations and source ranges of the load balancer of an ingress."""
    spec = IngressSpec.load({"kind": kind, **settings})
    if kind == "gateway":
        objects: dict[str, Any] = {one["kind"]: one.get("spec") for one in gateway(cluster_facts(), spec, secure=True)}
        ranges = objects["CiliumGatewayClassConfig"]["service"]["loadBalancerSourceRanges"]
        return objects["Gateway"]["infrastructure"]["annotations"], ranges
    service = ingress_nginx_values(cluster_facts(), spec, secure=True)["controller"]["service"]
    return service["annotations"], service["loadBalancerSourceRanges"]


def proxy_expects_header(kind: IngressKind, proxy_protocol: bool) -> bool:
    """True if the proxy behind the load balancer expects a PROXY header."""
    if kind == "gateway":
        cluster = cluster_facts(gateway=True, gateway_proxy_protocol=proxy_protocol)
        return cilium_values(cluster, "", "")["gatewayAPI"]["enableProxyProtocol"]
    spec = IngressSpec(kind=kind, proxy_protocol=proxy_protocol)
    config = ingress_nginx_values(cluster_facts(), spec, secure=True)["controller"]["config"]
    return config["use-proxy-protocol"] == "true"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("proxy_protocol", [True, False])
def test_both_ends_use_proxy_protocol_or_neither(kind: IngressKind, proxy_protocol: bool):
    annotations, _ = balancer(kind, proxyProtocol=proxy_protocol)
    attributes = dict(pair.split("=") for pair in annotations[f"{BALANCER}-target-group-attributes"].split(","))
    sent = attributes["proxy_protocol_v2.enabled"] == "true"
    assert sent is proxy_protocol is proxy_expects_header(kind, proxy_protocol)
    assert attributes["preserve_client_ip.enabled"] == "false"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_network_load_balancer_whose_cost_has_an_owner(kind: IngressKind):
    annotations, ranges = balancer(kind)
    assert annotations[f"{BALANCER}-type"] == "nlb"
    assert annotations[f"{BALANCER}-internal"] == "false"
    assert ranges == ["0.0.0.0/0"]
    tags = dict(pair.split("=") for pair in annotations[f"{BALANCER}-additional-resource-tags"].split(","))
    assert tags == {"project": "shop", "owner": "shop-team", "environment": "production", "cluster": "shop"}


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_for_few(kind: IngressKind):
    annotations, ranges = balancer(kind, internal=True, sourceRanges=["192.0.2.0/24"])
    assert annotations[f"{BALANCER}-internal"] == "true"
    assert ranges == ["192.0.2.0/24"]


@given(st.sampled_from(KINDS), st.booleans(), st.booleans())
def test_annotations_are_texts(kind: IngressKind, internal: bool, proxy_protocol: bool):
    annotations, _ = balancer(kind, internal=internal, proxyProtocol=proxy_protocol)
    assert all(isinstance(value, str) for value in annotations.values())


def test_nginx_trusts_proxy_headers_of_the_vpc_and_pods_alone():
    config = ingress_nginx_values(cluster_facts(), IngressSpec(), secure=True)["controller"]["config"]
    assert config["proxy-real-ip-cidr"] == "10.20.0.0/16,100.64.0.0/14"
    assert config["use-forwarded-headers"] == "false"


def test_nginx_stands_in_several_zones_and_takes_leave_one_by_one():
    values = ingress_nginx_values(cluster_facts(), IngressSpec(replicas=3), secure=True)["controller"]
    assert values["replicaCount"] == 3
    assert values["maxUnavailable"] == 1
    assert "topology.kubernetes.io/zone" in [one["topologyKey"] for one in values["topologySpreadConstraints"]]


def test_only_nginx_in_its_namespace_connects_to_pods():
    policies = {
        one["metadata"]["name"]: one["spec"] for one in ingress_nginx(cluster_facts()) if one["kind"] == "NetworkPolicy"
    }
    assert policies["default-deny"]["podSelector"] == {}
    to_pods = {"to": any_pod()}
    assert [name for name, spec in policies.items() if to_pods in spec.get("egress", [])] == ["controller"]
    assert policies["controller"]["podSelector"]["matchLabels"] == PODS


def test_the_default_certificate_is_where_either_looks_for_it():
    certificate = default_certificate(["shop", "back"], "prod", "example.com")
    assert certificate["metadata"]["namespace"] == NAMESPACE
    names = ["*.prod.example.com", "*.shop.prod.example.com", "*.back.prod.example.com"]
    assert certificate["spec"]["dnsNames"] == names
    args = ingress_nginx_values(cluster_facts(), IngressSpec(), secure=True)["controller"]["extraArgs"]
    assert args == {"default-ssl-certificate": f"{NAMESPACE}/{certificate['spec']['secretName']}"}
    listeners = listeners_of(secure=True)
    assert listeners[HTTPS_LISTENER]["tls"]["certificateRefs"] == [{"kind": "Secret", "name": CERTIFICATE}]


def listeners_of(*, secure: bool) -> dict[str, Any]:
    objects = gateway(cluster_facts(), IngressSpec(kind="gateway"), secure=secure)
    (found,) = (one for one in objects if one["kind"] == "Gateway")
    return {listener["name"]: listener for listener in found["spec"]["listeners"]}


def test_a_gateway_with_a_certificate_sends_everybody_to_it():
    objects = gateway(cluster_facts(), IngressSpec(kind="gateway"), secure=True)
    (redirect,) = (one for one in objects if one["kind"] == "HTTPRoute")
    assert redirect["spec"]["rules"][0]["filters"][0]["requestRedirect"]["scheme"] == "https"
    listeners = listeners_of(secure=True)
    assert listeners[PLAIN_LISTENER]["allowedRoutes"]["namespaces"]["from"] == "Same"
    assert listeners[HTTPS_LISTENER]["allowedRoutes"]["namespaces"]["from"] == "All"


def test_a_gateway_without_a_certificate_serves_plain_http():
    assert [*listeners_of(secure=False)] == [PLAIN_LISTENER]
    objects = gateway(cluster_facts(), IngressSpec(kind="gateway"), secure=False)
    assert "HTTPRoute" not in [one["kind"] for one in objects]


def test_cilium_s_proxies_may_call_pods_whose_namespaces_are_closed():
    objects = gateway(cluster_facts(), IngressSpec(kind="gateway"), secure=True)
    (opened,) = (one["spec"] for one in objects if one["kind"] == "CiliumClusterwideNetworkPolicy")
    assert opened["ingress"] == [{"fromEntities": ["ingress"]}]
    assert opened["enableDefaultDeny"] == {"ingress": False, "egress": False}


def test_the_one_service_is_called_as_its_controller_calls_it():
    assert load_balancer_service("ingress-nginx") == "ingress/ingress-nginx-controller"
    assert load_balancer_service("gateway") == "ingress/cilium-gateway-gateway"
