"""Each in-cluster component by itself, constructed as the plugin host does for another language."""

from typing import Any

import pytest

from support.add_ons.cluster_facts import cluster_args
from support.add_ons.workload_samples import BINDING, CALLS, SERVICE, SIDES
from support.stacks.constructed import assert_stands_alone, constructed, refused_fields
from tripod.core.problems import camel_case
from tripod.provider import COMPONENTS
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
