"""Kubernetes objects of workloads."""

from typing import Any

import pytest

from support.add_ons.workload_samples import BINDING, CALLS, IMAGE, SERVICE, SIDES
from tripod.addons.framework.objects import Manifest, key_of
from tripod.rehearsal.schema_check import schema_errors
from tripod.workloads.network_policies import allow_calls, database_binding
from tripod.workloads.pods import deployment, service, supporting_objects
from tripod.workloads.routing import autoscaler, ingress_objects
from tripod.workloads.spec import AllowCallsSpec, BlueGreenSpec, DatabaseBindingSpec, WebServiceSpec


def web(**changes: Any) -> WebServiceSpec:
    return WebServiceSpec.load({**SERVICE, **changes})


def everything(spec: WebServiceSpec) -> list[Manifest]:
    pods = deployment(spec, spec.image)
    return [*supporting_objects(spec), pods, service(spec), autoscaler(spec), *ingress_objects(spec)]


def by_key(manifests: list[Manifest]) -> dict[str, Manifest]:
    return {key_of(manifest): manifest for manifest in manifests}


def test_a_service_is_all_that_a_team_would_write_by_hand() -> None:
    assert sorted(by_key(everything(web()))) == [
        "Deployment/web",
        "HorizontalPodAutoscaler/web",
        "Ingress/web",
        "NetworkPolicy/web",
        "NetworkPolicy/web-from-entry",
        "PodDisruptionBudget/web",
        "Service/web",
        "ServiceAccount/web",
    ]


@pytest.mark.parametrize("way", ["ingress-nginx", "gateway"])
def test_each_object_is_one_of_its_kind(way: str) -> None:
    for manifest in everything(web(ingress=way)):
        assert schema_errors(manifest) == [], key_of(manifest)


def test_the_autoscaler_alone_says_how_many_there_are() -> None:
    # Two writers of one value would take turns.
    assert "replicas" not in deployment(web(), IMAGE)["spec"]


def test_the_service_the_budget_and_the_policies_select_the_pods() -> None:
    found = by_key(everything(web()))
    labels = found["Deployment/web"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        found["Service/web"]["spec"]["selector"],
        found["PodDisruptionBudget/web"]["spec"]["selector"]["matchLabels"],
        found["Deployment/web"]["spec"]["selector"]["matchLabels"],
        found["NetworkPolicy/web"]["spec"]["podSelector"]["matchLabels"],
        found["NetworkPolicy/web-from-entry"]["spec"]["podSelector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()


def test_a_bad_image_takes_no_pod_away() -> None:
    assert deployment(web(), IMAGE)["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_both_hosts_lead_to_the_service() -> None:
    rules = by_key(ingress_objects(web()))["Ingress/web"]["spec"]["rules"]
    assert [rule["host"] for rule in rules] == SERVICE["hosts"]
    assert {rule["http"]["paths"][0]["backend"]["service"]["name"] for rule in rules} == {"web"}
    assert by_key(ingress_objects(web(ingress="gateway")))["HTTPRoute/web"]["spec"]["hostnames"] == SERVICE["hosts"]


def test_without_hosts_nothing_leads_in() -> None:
    assert ingress_objects(web(hosts=[])) == []


def test_an_issuer_gives_a_certificate_of_its_own() -> None:
    own = by_key(ingress_objects(web(issuer="acme")))["Ingress/web"]
    assert own["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "acme"}
    assert own["spec"]["tls"] == [{"hosts": SERVICE["hosts"], "secretName": "web-tls"}]


def test_a_service_goes_nowhere_but_to_names_unless_it_says_so() -> None:
    closed = by_key(supporting_objects(web()))["NetworkPolicy/web"]["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    assert len(closed["egress"]) == 1
    for opened in (supporting_objects(web(internet=True)), supporting_objects(web(), calls_aws=True)):
        (https,) = by_key(opened)["NetworkPolicy/web"]["spec"]["egress"][1:]
        assert [port["port"] for port in https["ports"]] == [443]


def test_pods_pull_with_the_secrets_that_they_name() -> None:
    account = by_key(supporting_objects(web(imagePullSecrets=["pull-registry"])))["ServiceAccount/web"]
    assert account["imagePullSecrets"] == [{"name": "pull-registry"}]
    assert list(schema_errors(account)) == []
    assert "imagePullSecrets" not in by_key(supporting_objects(web()))["ServiceAccount/web"]


def test_the_switch_changes_the_service_and_nothing_else() -> None:
    spec, switched = (BlueGreenSpec.load({**SIDES, "live": side}) for side in ("blue", "green"))
    for side in ("blue", "green"):
        assert deployment(spec, spec.blue, side=side) == deployment(switched, switched.blue, side=side)
    before, after = service(spec, spec.live), service(switched, switched.live)
    assert before["spec"]["selector"] != after["spec"]["selector"]
    after["spec"]["selector"] = before["spec"]["selector"]
    assert after == before


@pytest.mark.parametrize("way", ["ingress-nginx", "gateway"])
def test_the_hosts_of_two_sides_lead_where_a_web_service_s_do(way: str) -> None:
    routed = {"hosts": SERVICE["hosts"], "visibility": "public", "ingress": way}
    assert SIDES["name"] == SERVICE["name"]
    for live in ("blue", "green"):
        spec = BlueGreenSpec.load({**SIDES, **routed, "live": live})
        assert ingress_objects(spec) == ingress_objects(web(**routed))
        selected = by_key(ingress_objects(spec))["NetworkPolicy/web-from-entry"]["spec"]["podSelector"]["matchLabels"]
        for side in ("blue", "green"):
            labels = deployment(spec, spec.blue, side=side)["spec"]["template"]["metadata"]["labels"]
            assert selected.items() <= labels.items()


def test_calls_lead_one_way() -> None:
    going, coming = allow_calls(AllowCallsSpec.load(CALLS))
    assert (going["metadata"]["namespace"], coming["metadata"]["namespace"]) == ("shop", "back")
    assert going["spec"]["policyTypes"] == ["Egress"]
    assert coming["spec"]["policyTypes"] == ["Ingress"]
    assert going["spec"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "web"}}
    peer = coming["spec"]["ingress"][0]["from"][0]
    assert peer["podSelector"] == going["spec"]["podSelector"]
    assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}


def test_a_database_is_called_by_a_name_for_its_name() -> None:
    spec = DatabaseBindingSpec.load(BINDING)
    found = by_key(database_binding(spec, "orders.prod.internal", [("username", "web")]))
    assert found["Service/orders"]["spec"] == {"type": "ExternalName", "externalName": "orders.prod.internal"}
    assert found["Secret/orders"]["stringData"] == {"username": "web"}
    way = found["NetworkPolicy/web-uses-orders"]["spec"]
    assert way["egress"] == [
        {"to": [{"ipBlock": {"cidr": "10.91.0.0/24"}}], "ports": [{"port": 5432, "protocol": "TCP"}]}
    ]
    assert "Secret/orders" not in by_key(database_binding(spec, "orders.prod.internal", []))
