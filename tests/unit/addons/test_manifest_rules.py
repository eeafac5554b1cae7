"""The manifest rules, each with objects that break it and with similar ones that do not."""

from typing import Any

import pytest

from support.add_ons.cluster_objects import IMAGE, config_map, container, deployment, service, shop
from support.add_ons.manifest_rules import PolicyContext, cluster_problems, object_problems
from support.add_ons.manifest_rules.exemptions import EXEMPT
from support.add_ons.manifest_rules.policy import selects

STRICT = PolicyContext(exempt={})
MAIN = "shops/Deployment/shop/main"


def broken(*objects: dict[str, Any], context: PolicyContext = STRICT) -> list[str]:
    """Broken rules of objects, beside a shop that breaks none."""
    rest = [one for one in shop() if one["kind"] not in {given["kind"] for given in objects}]
    return [".".join(str(part) for part in found.path) for found in object_problems([*rest, *objects], context)]


def with_container(**changes: Any) -> dict[str, Any]:
    return deployment(containers=[container(**changes)])


def test_a_shop_breaks_nothing():
    assert list(cluster_problems(shop(), STRICT)) == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"resources": {"limits": {"memory": "64Mi"}}}, [f"{MAIN}.requests"]),
        ({"resources": {"requests": {"cpu": "1", "memory": "64Mi"}}}, [f"{MAIN}.limits"]),
        ({"resources": {}}, [f"{MAIN}.requests", f"{MAIN}.requests", f"{MAIN}.limits"]),
        ({"readinessProbe": None}, [f"{MAIN}.readinessProbe"]),
        ({"livenessProbe": None}, [f"{MAIN}.livenessProbe"]),
        ({"ports": [{"containerPort": 80, "hostPort": 80}]}, [f"{MAIN}.hostPort"]),
        ({"image": "nginx"}, [f"{MAIN}.image"]),
        ({"image": "registry.example:5000/nginx"}, [f"{MAIN}.image"]),
        ({"image": "nginx:latest"}, [f"{MAIN}.image"]),
        ({"image": "shop:1.2-staging"}, [f"{MAIN}.image"]),
        ({"image": "shop:production"}, [f"{MAIN}.image"]),
        ({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}, [f"{MAIN}.env"]),
        ({"env": [{"name": "DSN", "value": "password=hunter2 host=db"}]}, [f"{MAIN}.env"]),
    ],
)
def test_a_container_that_breaks_a_rule(changes: dict[str, Any], where: list[str]):
    assert broken(with_container(**changes)) == where


@pytest.mark.parametrize(
    "changes",
    [
        {"resources": {"limits": {"cpu": "1", "memory": "64Mi"}}},
        {"image": f"{IMAGE}@sha256:{'0' * 64}"},
        {"image": f"nginx@sha256:{'0' * 64}"},
        {"image": "registry.example:5000/local-path:v1"},
        {"image": "shop:1.2-localised"},
        {"ports": [{"containerPort": 80}]},
        {"env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}]},
        {"env": [{"name": "AWS_WEB_IDENTITY_TOKEN", "value": "/var/run/token"}]},
        {"env": [{"name": "AUTOMOUNT_TOKEN", "value": "false"}]},
    ],
)
def test_a_container_that_only_looks_so(changes: dict[str, Any]):
    assert broken(with_container(**changes)) == []


def test_containers_that_start_first_have_limits_and_need_no_probes():
    first = container(readinessProbe=None, livenessProbe=None)
    assert broken(deployment(initContainers=[first])) == []
    assert broken(deployment(initContainers=[{**first, "resources": {}}])) == [
        f"{MAIN}.requests",
        f"{MAIN}.requests",
        f"{MAIN}.limits",
    ]


def test_one_that_starts_first_and_stays_is_probed():
    stays = container(readinessProbe=None, restartPolicy="Always")
    assert broken(deployment(initContainers=[stays])) == [f"{MAIN}.readinessProbe"]


def test_what_ends_is_not_probed_but_limited():
    template = deployment(containers=[container(readinessProbe=None, livenessProbe=None, resources={})])["spec"]
    job = {"kind": "Job", "metadata": {"name": "once", "namespace": "shops"}, "spec": template}
    assert {path.rpartition(".")[2] for path in broken(job)} == {"requests", "limits"}
    timed = {**job, "kind": "CronJob", "spec": {"jobTemplate": {"spec": template}}}
    assert broken(timed) == [path.replace("Job", "CronJob") for path in broken(job)]


def test_the_network_of_the_node_is_for_those_with_a_reason():
    given = deployment(hostNetwork=True)
    assert broken(given) == ["shops/Deployment/shop.hostNetwork"]
    assert broken(given, context=PolicyContext(exempt={"host": {"shops/Deployment/shop": "a reason"}})) == []


def test_every_exemption_has_a_reason():
    assert all(reason for places in EXEMPT.values() for reason in places.values())


def test_with_mirrors_an_image_lies_in_one():
    mirrored = PolicyContext(mirrors={"registry.k8s.io": "registry.example/k8s"}, exempt={})
    assert broken(with_container(), context=mirrored) == [f"{MAIN}.image"]
    assert broken(with_container(image="registry.example/k8s-other/coredns:v1"), context=mirrored) == [f"{MAIN}.image"]
    assert broken(with_container(image="registry.example/k8s/coredns:v1"), context=mirrored) == []


def test_two_replicas_are_spread_and_have_a_budget():
    alone = [deployment(topologySpreadConstraints=[])]
    found = [one.path[-1] for one in object_problems(alone, STRICT)]
    assert found == ["topologySpreadConstraints", "PodDisruptionBudget"]
    one = deployment(topologySpreadConstraints=[])
    one["spec"]["replicas"] = 1
    assert list(object_problems([one], STRICT)) == []


def test_replicas_that_keep_away_from_one_another_s_zone_are_spread():
    term: dict[str, Any] = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": {}}
    preferred: list[dict[str, Any]] = [{"weight": 1, "podAffinityTerm": term}]
    apart: dict[str, Any] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    assert broken(deployment(topologySpreadConstraints=[], affinity=apart)) == []
    hosts = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "host"}]}}
    assert broken(deployment(topologySpreadConstraints=[], affinity=hosts)) != []


def test_an_autoscaler_says_how_many_replicas_there_are():
    one = deployment(topologySpreadConstraints=[])
    one["spec"].pop("replicas")
    target = {"kind": "Deployment", "name": "shop"}
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "shop", "namespace": "shops"},
        "spec": {"minReplicas": 3, "scaleTargetRef": target},
    }
    assert len(list(object_problems([one, scaler], STRICT))) == 2


@pytest.mark.parametrize(
    ("condition", "selected"),
    [
        ({"key": "app", "operator": "In", "values": ["shop"]}, True),
        ({"key": "app", "operator": "NotIn", "values": ["shop"]}, False),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "app", "operator": "DoesNotExist"}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["shop"]}, True),
    ],
)
def test_selectors_with_conditions(condition: dict[str, Any], selected: bool):
    assert selects({"matchExpressions": [condition]}, {"app": "shop"}) is selected
    assert not selects(None, {"app": "shop"})


@pytest.mark.parametrize(
    "second", [service("two", type="LoadBalancer"), {"kind": "Gateway", "metadata": {"name": "g"}}]
)
def test_a_second_load_balancer_is_a_problem(second: dict[str, Any]):
    first = service(type="LoadBalancer")
    assert list(cluster_problems([first])) == []
    (found,) = cluster_problems([first, second])
    assert "shops/Service/shop" in found.allowed


def test_pods_that_no_policy_selects_are_a_problem():
    open_ = [one for one in shop() if one["kind"] != "NetworkPolicy"]
    assert [found.path[-1] for found in cluster_problems(open_, STRICT)] == ["NetworkPolicy", "NetworkPolicy"]
    ours = [one for one in shop() if one["metadata"]["name"] != "default-deny"]
    assert [found.given for found in cluster_problems(ours, STRICT)] == ["none for Ingress"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"conf": "password = hunter2"}, True),
        ({"conf": "-----BEGIN RSA PRIVATE KEY-----"}, True),
        ({"conf": "id AKIAABCDEFGHIJKLMNOP"}, True),
        ({"api-key": "0123456789abcdef"}, True),
        ({"conf": "password = ${DB_PASSWORD}"}, False),
        ({"conf": "password_file: /run/secrets/db"}, False),
        ({"enable-token": "true"}, False),
    ],
)
def test_configuration_holds_no_secret(data: dict[str, str], wrong: bool):
    found = list(object_problems([config_map(**data)], STRICT))
    assert bool(found) is wrong
    assert all(value not in str(one) for one in found for value in data.values())


def test_databases_are_called_by_name():
    context = PolicyContext(databases=("10.90.0.0/24",), exempt={})
    assert broken(config_map(host="postgres://10.90.0.7:5432/shop"), context=context) == [
        "shops/ConfigMap/config.address"
    ]
    assert broken(config_map(host="10.10.0.7", range="10.90.0.0/24", version="10.90.0.7.1"), context=context) == []


@pytest.mark.parametrize(
    ("one", "where"),
    [
        (service(type="ExternalName", externalName="10.0.0.7"), "shops/Service/shop.externalName"),
        (service(externalIPs=["192.0.2.1"]), "shops/Service/shop.externalIPs"),
        (service(loadBalancerIP="192.0.2.1"), "shops/Service/shop.loadBalancerIP"),
        ({"kind": "Endpoints", "metadata": {"name": "db"}}, "Endpoints/db.endpoints"),
        (
            {
                "kind": "DNSEndpoint",
                "metadata": {"name": "db"},
                "spec": {"endpoints": [{"recordType": "A", "targets": ["192.0.2.1"]}]},
            },
            "DNSEndpoint/db.recordType",
        ),
        (
            {
                "kind": "Ingress",
                "metadata": {"name": "shop", "annotations": {"external-dns.alpha.kubernetes.io/target": "192.0.2.1"}},
            },
            "Ingress/shop.external-dns.alpha.kubernetes.io/target",
        ),
    ],
)
def test_names_point_at_names(one: dict[str, Any], where: str):
    assert broken(one) == [where]


def test_lists_are_looked_into():
    listed = {"kind": "ConfigMapList", "items": [config_map(password="hunter2")]}
    assert [found.path[-1] for found in object_problems([listed], STRICT)] == ["data"]
