"""One load balancer for all add-ons and thirty services of teams, with either kind of ingress."""

from functools import cache
from typing import Any

import pytest

from support.add_ons.manifest_rules import object_problems
from support.add_ons.workload_samples import SERVICE
from support.stacks.charts import releases, rendered, unavailable
from support.stacks.planned import changed, objects_of, put, shared_plan
from support.stacks.reading import preceding
from tripod import default_host
from tripod.addons.ingress.constants import INGRESS_CLASS, NAMESPACE, IngressKind, load_balancer_service
from tripod.rehearsal.program import Recording
from tripod.supply.versions import KUBERNETES
from tripod.workloads.pods import service
from tripod.workloads.routing import ingress_objects
from tripod.workloads.spec import WebServiceSpec

KINDS: tuple[IngressKind, ...] = ("ingress-nginx", "gateway")
PROXIES = {"ingress-nginx": "IngressNginx", "gateway": "GatewayIngress"}


@cache
def plan(kind: IngressKind, proxy_protocol: bool = True) -> Recording:
    settings = {"kind": kind, "proxyProtocol": proxy_protocol}
    return shared_plan(changed("production", put("tripod:addOns.ingress", settings)))


def app(kind: IngressKind, number: int) -> list[dict[str, Any]]:
    """A team's service with two hosts."""
    name = f"app-{number}"
    hosts = [default_host(name, "shop", "production", "example.com"), f"{name}.example.com"]
    spec = WebServiceSpec.load({**SERVICE, "name": name, "hosts": hosts, "ingress": kind})
    return [service(spec), *ingress_objects(spec)]


def balancers(objects: list[dict[str, Any]]) -> list[str]:
    """The Services of type LoadBalancer that there will be: a Gateway's is made by its controller."""
    found: list[str] = []
    for one in objects:
        metadata = one["metadata"]
        if one["kind"] == "Gateway":
            found.append(f"{metadata['namespace']}/cilium-gateway-{metadata['name']}")
        elif one["kind"] == "Service" and one["spec"].get("type") == "LoadBalancer":
            found.append(f"{metadata['namespace']}/{metadata['name']}")
    return found


@pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
@pytest.mark.parametrize("kind", KINDS)
def test_all_add_ons_and_thirty_services_have_one_load_balancer(kind: IngressKind):
    charts = [one for release in releases(plan(kind)) for one in rendered(release, KUBERNETES)]
    apps = [one for number in range(30) for one in app(kind, number)]
    assert balancers([*objects_of(plan(kind)), *charts, *apps]) == [load_balancer_service(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_ours_and_thirty_services_have_none_beside_it(kind: IngressKind):
    apps = [one for number in range(30) for one in app(kind, number)]
    ours = balancers([*objects_of(plan(kind)), *apps])
    # ingress-nginx' is in its chart.
    assert ours == ([load_balancer_service(kind)] if kind == "gateway" else [])
    assert not list(object_problems(apps))


@pytest.mark.parametrize("kind", KINDS)
def test_the_one_load_balancer_is_the_one_that_is_allowed(kind: IngressKind):
    (listed,) = (
        one
        for one in objects_of(plan(kind))
        if one["kind"] == "ConfigMap" and one["metadata"]["name"] == "load-balancers"
    )
    assert listed["data"]["services"] == load_balancer_service(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_service_with_two_hosts_is_led_to_by_what_is_there(kind: IngressKind):
    (way,) = (one for one in app(kind, 1) if one["kind"] in ("Ingress", "HTTPRoute"))
    if kind == "ingress-nginx":
        assert way["spec"]["ingressClassName"] == INGRESS_CLASS
        assert len(way["spec"]["rules"]) == 2
        return
    assert len(way["spec"]["hostnames"]) == 2
    (parent,) = way["spec"]["parentRefs"]
    (gateway,) = (one for one in objects_of(plan(kind)) if one["kind"] == "Gateway")
    assert (parent["namespace"], parent["name"]) == (NAMESPACE, gateway["metadata"]["name"])
    (listener,) = (one for one in gateway["spec"]["listeners"] if one["name"] == parent["sectionName"])
    assert listener["allowedRoutes"]["namespaces"]["from"] == "All"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("proxy_protocol", [True, False])
def test_a_setting_reaches_both_ends(kind: IngressKind, proxy_protocol: bool):
    recording = plan(kind, proxy_protocol)
    values = {one.chart: one.values for one in releases(recording)}
    if kind == "gateway":
        (gateway,) = (one for one in objects_of(recording) if one["kind"] == "Gateway")
        annotations = gateway["spec"]["infrastructure"]["annotations"]
        assert values["cilium"]["gatewayAPI"] == {"enabled": True, "enableProxyProtocol": proxy_protocol}
    else:
        controller = values["ingress-nginx"]["controller"]
        annotations = controller["service"]["annotations"]
        assert controller["config"]["use-proxy-protocol"] == str(proxy_protocol).lower()
        assert values["cilium"]["gatewayAPI"]["enabled"] is False
    settings = annotations["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes"]
    assert f"proxy_protocol_v2.enabled={str(proxy_protocol).lower()}" in settings


def test_each_kind_of_ingress_has_only_its_own_objects():
    for kind, component in PROXIES.items():
        made = {one.type.rpartition(":")[2] for one in plan(kind).registrations.values()}
        assert made & {*PROXIES.values()} == {component}
        assert ("GatewayApi" in made) is (kind == "gateway")


@pytest.mark.parametrize("kind", KINDS)
def test_what_owns_things_outside_goes_before_what_takes_them_away(kind: IngressKind):
    """A destroy is in reverse order: namespaces of teams first, then the ingress, then the controllers."""
    teams = {"teams": [{"name": "shop"}]}
    settings = (put("tripod:addOns.ingress", {"kind": kind}), put("tripod:addOns.namespaces", teams))
    recording = shared_plan(changed("production", *settings))
    namespace = _within(recording, "Namespaces", "Namespace")
    ingress = _within(recording, PROXIES[kind], "Gateway" if kind == "gateway" else "Release")
    for name in (ingress, *_releases(recording, "external-dns-public", "external-dns-private", "ebs-csi")):
        assert name in preceding(recording, namespace)
    for name in _releases(recording, "cilium", "cloud-controller"):
        assert name in preceding(recording, ingress)


def _within(recording: Recording, component: str, kind: str) -> str:
    """The URN of a component's one resource of a kind."""
    (found,) = (
        urn
        for urn in recording.registrations
        if f"tripod:index:{component}$" in urn and urn.split("::")[2].rpartition(":")[2] == kind
    )
    return found


def _releases(recording: Recording, *add_ons: str) -> list[str]:
    wanted = {f"add-ons-{name}-release" for name in add_ons}
    return [urn for urn, one in recording.registrations.items() if one.name in wanted]
