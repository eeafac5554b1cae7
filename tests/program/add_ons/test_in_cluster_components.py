"""Each in-cluster component by itself, constructed as the plugin host does for another language."""

from copy import deepcopy
from typing import Any

import pulumi
import pytest

from support.add_ons.cluster_facts import cluster_args
from support.add_ons.workload_samples import BINDING, CALLS, SERVICE, SIDES
from support.stacks.constructed import assert_stands_alone, constructed, refused_fields
from support.stacks.planned import config_of
from tripod import AddOns, ConfigurationError, WebService
from tripod.core.problems import camel_case
from tripod.provider import COMPONENTS
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record_function
from tripod.rehearsal.protocol_values import plain

IN_CLUSTER = {
    one.__name__: one for one in COMPONENTS if one.__module__.startswith(("tripod.addons.", "tripod.workloads."))
}

ZONE: dict[str, Any] = {"zone": "example.com", "zoneId": "Z1"}
TEAM: dict[str, Any] = {"teams": [{"name": "shop", "quota": {"pods": "10"}}]}

# Component → its arguments beside the facts of a cluster.
SETTINGS: dict[str, dict[str, Any]] = {
    "AddOns": {"kubeconfig": "{}"},
    "AllowCalls": CALLS,
    "BlueGreen": SIDES,
    "CertManager": {"zoneId": "Z1"},
    "DatabaseBinding": {**BINDING, "endpoint": "orders.0123456789ab.us-west-2.rds.amazonaws.com"},
    "ExternalDns": {**ZONE, "visibility": "public"},
    "GatewayIngress": {"kind": "gateway", "publicZone": "example.com"},
    "IngressNginx": {"publicZone": "example.com"},
    "Issuers": ZONE,
    "Namespaces": TEAM,
    "WebService": SERVICE,
}
WITHOUT_FACTS = ("AllowCalls", "BlueGreen", "DatabaseBinding", "WebService")


def _keys(value: Any) -> Any:
    """Keys as another language writes them."""
    return {camel_case(key): item for key, item in value.items()}


def _inputs(component: str) -> dict[str, Any]:
    cluster = {} if component in WITHOUT_FACTS else {"cluster": _keys(cluster_args(snapshot_bucket="snapshots"))}
    return {**cluster, **_keys(SETTINGS.get(component, {}))}


@pytest.mark.parametrize("component", IN_CLUSTER)
def test_a_component_stands_alone(component: str):
    assert assert_stands_alone(component, constructed(component, _inputs(component)), "kubernetes:")


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "one replica of the ingress": ("IngressNginx", {"replicas": 1.0}, "replicas"),
    "a Gateway without a controller": ("GatewayIngress", {"cluster": _keys(cluster_args(cni="aws-vpc"))}, "kind"),
    "an address in place of a database's name": ("DatabaseBinding", {**BINDING, "endpoint": "10.99.0.7"}, "endpoint"),
    "a name of a pull secret": ("WebService", {**SERVICE, "imagePullSecrets": ["Registry!"]}, "image_pull_secrets"),
    "names in no zone": ("ExternalDns", {"visibility": "internal"}, "visibility"),
    "one replica of cert-manager": ("CertManager", {"replicas": 1.0}, "replicas"),
    "an invalid contact address": ("Issuers", {"email": "nobody"}, "email"),
    "a namespace of the system": ("Namespaces", {"teams": [{"name": "kube-system"}]}, "teams"),
    "a load balancer without a namespace": ("Policies", {"loadBalancers": ["shop"]}, "load_balancers"),
    "one replica of DNS": ("CoreDns", {"replicas": 1.0}, "replicas"),
    "an override of nothing": ("CoreDns", {"overrides": {"Deployment/dns": {}}}, "overrides"),
    "an address that pods must reach": ("EgressProbe", {"hosts": ["10.0.0.1"]}, "hosts"),
    "a storage class without its IOPS": ("EbsCsi", {"classes": {"gp3": {"type": "io2"}}}, "classes"),
    "an autoscaler that waits for nothing": ("ClusterAutoscaler", {"idleMinutes": 0.0}, "idle_minutes"),
    "an unknown add-on": ("AddOns", {"without": ["dashboard"]}, "without"),
    "a Gateway without Cilium": (
        "AddOns", {"ingress": {"kind": "gateway"}, "cluster": _keys(cluster_args(cni="aws-vpc"))}, "ingress",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_component_alone_refuses_what_a_stack_file_is_refused(case: str):
    component, changes, field = REFUSED[case]
    assert field in refused_fields(component, {**_inputs(component), **changes})


def test_what_another_language_sends_reaches_what_objects_say():
    """Numbers come as floats, and settings within settings."""
    classes = {"gp3": {}, "fast": {"type": "io2", "iops": 5000.0}}
    recording = constructed("EbsCsi", {**_inputs("EbsCsi"), "classes": classes, "snapshots": True})
    rendered = {one.name: plain(one.inputs) for one in recording.registrations.values()}
    assert rendered["alone-storage-class-fast"]["parameters"]["iops"] == "5000"
    assert [one["name"] for one in rendered["alone-release"]["values"]["volumeSnapshotClasses"]] == ["ebs"]


@pytest.mark.parametrize("policy", [{}, {"policy": '{"Version": "2012-10-17", "Statement": []}'}])
def test_a_service_with_an_aws_role_reaches_aws_for_its_credentials(policy: dict[str, str]):
    facts = {"cluster": _keys(cluster_args())}
    recording = constructed("WebService", {**_inputs("WebService"), **facts, **policy})
    (own,) = [one for one in recording.registrations.values() if one.name.endswith("network-policy-web")]
    opened = [port["port"] for rule in plain(own.inputs)["spec"]["egress"] for port in rule["ports"]]
    assert (443 in opened) == bool(policy)


@pytest.mark.parametrize(("way", "kind"), [("ingress-nginx", "Ingress"), ("gateway", "HTTPRoute")])
def test_a_switch_changes_the_selector_of_one_service_behind_all_hosts(way: str, kind: str):
    before, after = (
        constructed("BlueGreen", {**SIDES, "hosts": SERVICE["hosts"], "ingress": way, "live": live})
        for live in ("blue", "green")
    )
    assert before.registrations.keys() == after.registrations.keys()
    made = [(one, after.registrations[urn]) for urn, one in before.registrations.items() if one.custom]
    changed = [(one, other) for one, other in made if plain(one.inputs) != plain(other.inputs)]
    ((service, switched),) = changed
    assert service.type == "kubernetes:core/v1:Service"
    selectors = [plain(one.inputs)["spec"]["selector"]["tripod.workload/side"] for one in (service, switched)]
    assert selectors == ["blue", "green"]
    for recording, live in ((before, "blue"), (after, "green")):
        (routing,) = [one for one in recording.registrations.values() if one.type.endswith(f":{kind}")]
        assert service.urn in routing.dependencies
        pods = {urn for urn in recording.registrations[service.urn].dependencies if ":Deployment::" in urn}
        assert [urn.rpartition("-")[2] for urn in pods] == [live]


INTERNAL = {"cluster_name": "demo", "internal_zone": "demo.internal", "load_balancers": ["internal"]}
"""Facts of a cluster whose ingress is internal: only there has a service a default host."""

OWN_ZONE = {"cluster": _keys(cluster_args(**INTERNAL))}


def _hosts(recording: Recording, kind: str) -> list[str]:
    """Hosts in the rendered Ingress or HTTPRoute of a component."""
    found = [plain(one.inputs)["spec"] for one in recording.registrations.values() if one.type.endswith(f":{kind}")]
    return [host for spec in found for host in spec.get("hostnames") or [rule["host"] for rule in spec["rules"]]]


@pytest.mark.parametrize("component", ["WebService", "BlueGreen"])
@pytest.mark.parametrize(("way", "kind"), [("ingress-nginx", "Ingress"), ("gateway", "HTTPRoute")])
@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        (OWN_ZONE, ["web.shop.demo.internal"]),
        ({"cluster": {**OWN_ZONE["cluster"], "internalZone": "example.com"}}, ["web.shop.demo.example.com"]),
        ({**OWN_ZONE, "hosts": []}, []),
        ({**OWN_ZONE, "hosts": ["till.example.com"]}, ["till.example.com"]),
        ({**OWN_ZONE, "visibility": "public"}, []),
        ({"cluster": {**OWN_ZONE["cluster"], "internalZone": ""}}, []),
        ({"cluster": {**OWN_ZONE["cluster"], "loadBalancers": ["public"]}}, []),
        ({}, []),
    ],
)
def test_a_private_service_has_a_host_where_the_zone_is_known_and_the_ingress_is_internal(
    component: str, way: str, kind: str, settings: dict[str, Any], hosts: list[str]
):
    given = {key: value for key, value in SETTINGS[component].items() if key != "hosts"}
    recording = constructed(component, {**given, "ingress": way, **settings})
    assert _hosts(recording, kind) == hosts
    (outputs,) = [one.outputs for urn, one in recording.registrations.items() if f":{component}::" in urn]
    assert outputs["hosts"] == hosts


@pytest.mark.parametrize(
    "facts",
    [
        {"reservedNames": ["shop.demo.internal"]},
        {"internalZone": ("a" * 60 + ".") * 4 + "internal"},
    ],
)
def test_a_default_name_that_leads_nowhere_is_refused(facts: dict[str, Any]):
    given = {key: value for key, value in SERVICE.items() if key != "hosts"}
    cluster = {"cluster": {**OWN_ZONE["cluster"], **facts}}
    assert refused_fields("WebService", {**given, **cluster}) == {"hosts"}
    # A name that moves by weights is reserved, and the service that it moves to has it as a host.
    assert constructed("WebService", {**given, **cluster, "hosts": ["www.shop.demo.internal"]})


def _two(*services: dict[str, Any]) -> Recording:
    """A program with several services, each with a cluster's provider: its number under ``on``."""

    def program() -> None:
        providers = [pulumi.ProviderResource("kubernetes", f"cluster-{number}", {}) for number in range(2)]
        for number, settings in enumerate(services):
            on: int = settings.pop("on", 0)
            args: Any = {**SERVICE, "name": f"web-{number}", **settings}
            WebService(f"web-{number}", args, pulumi.ResourceOptions(provider=providers[on]))

    return record_function(program, "teams", "test", config_of({"aws:region": "us-west-2"}), PlanBackend("us-west-2"))


def test_two_services_of_a_cluster_have_no_host_in_common():
    default = {
        "name": "till",
        "namespace": "back",
        "cluster": cluster_args(**INTERNAL),
    }
    same = {"hosts": ["till.back.demo.internal"]}
    refused: list[list[dict[str, Any]]] = [
        [{}, {}],
        [{**default, "hosts": None}, same],
        [same, {**default, "hosts": None}],
    ]
    for services in refused:
        with pytest.raises(ConfigurationError, match="hosts that no other service has"):
            _two(*deepcopy(services))
    _two({}, {"on": 1})
    _two({}, {"hosts": ["other.example.com"]})
    # Another program may have what a former one had.
    _two({}, {"hosts": ["other.example.com"]})


@pytest.mark.parametrize(
    ("zones", "host"),
    [
        ({}, "web.shop.demo.internal"),
        ({"private": {"name": "corp.example.com", "id": "Z0PRIVATE"}}, "web.shop.demo.corp.example.com"),
    ],
)
def test_a_default_host_is_one_that_external_dns_writes(zones: dict[str, Any], host: str):
    facts = cluster_args(**INTERNAL, internal_zone_id="Z0OWN")

    def program() -> None:
        settings: Any = {"kubeconfig": "{}", "cluster": facts, "zones": zones, "ingress": {"internal": True}}
        add_ons = AddOns("add-ons", settings)
        args: Any = {**SERVICE, "hosts": None, "cluster": add_ons.facts()}
        WebService("web", args, add_ons.options())

    config = config_of({"aws:region": "us-west-2"})
    recording = record_function(program, "teams", "test", config, PlanBackend("us-west-2"))
    rendered = {one.name: plain(one.inputs) for one in recording.registrations.values()}
    ingress = rendered["web-ingress-web"]
    values = rendered["add-ons-external-dns-private-release"]["values"]
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]
    (zone,) = values["domainFilters"]
    assert host.endswith(f".{zone}")
    key, _, visibility = values["labelFilter"].partition("=")
    assert ingress["metadata"]["labels"][key] == visibility
