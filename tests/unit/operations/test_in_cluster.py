"""A broken thing in a cluster is found: one fault at a time, and exactly that finding appears."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from support.add_ons.in_cluster_api import NOW, StandInApi, container, metadata, named, node
from support.stacks.planned import put
from tripod.operations.in_cluster import CHECKS
from tripod.operations.in_cluster.view import ClusterView
from tripod.operations.verify import run_checks

Fault = Callable[[StandInApi], None]

NODES, SERVICES, PODS = ("v1", "Node"), ("v1", "Service"), ("v1", "Pod")
DAEMON_SETS, DEPLOYMENTS = ("apps/v1", "DaemonSet"), ("apps/v1", "Deployment")
JOBS, CERTIFICATES = ("batch/v1", "Job"), ("cert-manager.io/v1", "Certificate")
SLICES, CLASSES = ("discovery.k8s.io/v1", "EndpointSlice"), ("storage.k8s.io/v1", "StorageClass")


def broken(api: StandInApi, survives: str = "zone") -> dict[str, list[str]]:
    """Check → what breaks it."""
    outcomes = run_checks(CHECKS, ClusterView(api, survives, lambda: NOW))
    return {one.check.id: [found.subject for found in one.failures] for one in outcomes if not one.passed}


def at(kind: tuple[str, str], path: str, value: Any) -> Fault:
    """A value at a place of the objects of a kind, such as ``0.status``."""
    return lambda api: put(f"objects.{path}", value)({"objects": api.objects[kind]})


def objects(kind: tuple[str, str], change: Callable[[list[Any]], list[Any]]) -> Fault:
    """Other objects of a kind."""
    return lambda api: api.objects.update({kind: change(api.objects[kind])})


def old_certificate(api: StandInApi) -> None:
    api.ends = NOW + timedelta(days=29)


def takes_anything(api: StandInApi) -> None:
    api.takes = True


def only_rules(api: StandInApi) -> None:
    api.objects["monitoring.coreos.com/v1", "PrometheusRule"] = [named("alert-rules", "monitoring")]


workers_of_one_zone = objects(NODES, lambda found: [*found[:3], node("i-w", "us-west-2a")])
KILLED = {**container("web", 50), "lastState": {"terminated": {"reason": "OOMKilled"}}}
SECOND_BALANCER = {"metadata": metadata("old", "shop"), "spec": {"type": "LoadBalancer"}}

FORBIDDEN = [
    "a privileged pod",
    "a pod with a port of its node",
    "a pod whose image is called latest",
    "another load balancer",
]

# What is broken → how, the check that finds it, and what it names.
FAULTS: dict[str, tuple[Fault, str, list[str]]] = {
    "a silent node": (at(NODES, "3.status.conditions.0.status", "Unknown"), "nodes-ready", ["i-w0"]),
    "workers of one zone": (workers_of_one_zone, "nodes-ready", ["workers"]),
    "a daemon is missing": (at(DAEMON_SETS, "0.status.numberReady", 5), "daemon-sets", ["monitoring/node-exporter"]),
    "a replica is missing": (at(DEPLOYMENTS, "0.status", {}), "deployments", ["kube-system/coredns"]),
    "a container restarts": (at(PODS, "0.status.containerStatuses", [KILLED]), "restarts", ["shop/web-1 web"]),
    "no DNS": (objects(SERVICES, lambda found: found[1:]), "cluster-dns", ["kube-system/kube-dns"]),
    "one DNS server": (at(SLICES, "0.endpoints.0.conditions.ready", False), "cluster-dns", ["kube-system/kube-dns"]),
    "a failed probe": (at(JOBS, "0.status", {"failed": 4}), "pod-egress", ["kube-system/egress-probe-1"]),
    "no probe": (objects(JOBS, lambda _: []), "pod-egress", ["egress-probe"]),
    "a second ingress": (
        objects(SERVICES, lambda found: [*found, SECOND_BALANCER]),
        "one-load-balancer",
        ["shop/old"],
    ),
    "an old certificate": (old_certificate, "certificates", ["the API's certificate"]),
    "a certificate that is not issued": (at(CERTIFICATES, "0.status", {}), "certificates", ["shop/web"]),
    "an API that takes anything": (takes_anything, "refusals", FORBIDDEN),
    "rules that nothing evaluates": (only_rules, "alert-rules", ["monitoring/alert-rules"]),
    "volumes in clear": (at(CLASSES, "0.parameters", {}), "volumes-encrypted", ["gp3"]),
    "two default classes": (objects(CLASSES, lambda found: found * 2), "volumes-encrypted", ["storage classes"]),
    "volumes made too early": (at(CLASSES, "0.volumeBindingMode", "Immediate"), "volumes-encrypted", ["gp3"]),
}


def test_nothing_is_found_in_a_cluster_that_is_as_it_should_be() -> None:
    assert broken(StandInApi()) == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_check_and_by_no_other(fault: str) -> None:
    act, check, subjects = FAULTS[fault]
    api = StandInApi()
    act(api)
    assert broken(api) == {check: subjects}


def test_every_check_is_broken_by_some_fault() -> None:
    assert {check.id for check in CHECKS} == {check for _, check, _ in FAULTS.values()}


def test_a_cluster_that_need_not_survive_a_zone_may_be_in_one() -> None:
    api = StandInApi()
    workers_of_one_zone(api)
    assert broken(api, "node") == {}


def test_a_kind_that_the_cluster_does_not_have_is_no_fault() -> None:
    api = StandInApi()
    del api.objects[CERTIFICATES]
    assert broken(api) == {}


def test_each_kind_is_asked_for_once() -> None:
    api = StandInApi()
    broken(api)
    assert len(api.asked) == len(set(api.asked))


def test_a_refusal_is_asked_for_and_not_told_from_a_list() -> None:
    asked: list[Any] = []

    class Asked(StandInApi):
        def refusal(self, body: Any) -> str | None:
            asked.append((body["kind"], body["metadata"]["namespace"]))
            return super().refusal(body)

    broken(Asked())
    assert asked == [("Pod", "default"), ("Pod", "default"), ("Pod", "default"), ("Service", "default")]


def test_a_file_of_alert_rules_is_said_to_be_evaluated_by_nothing() -> None:
    api = StandInApi()
    api.objects["v1", "ConfigMap"] = [named("alert-rules", "monitoring")]
    (found,) = [
        one for one in run_checks(CHECKS, ClusterView(api, "zone", lambda: NOW)) if one.check.id == "alert-rules"
    ]
    assert found.passed
    assert "nothing in the cluster evaluates ConfigMap monitoring/alert-rules" in str(found)
    only_rules(api)
    api.objects["monitoring.coreos.com/v1", "Prometheus"] = [named("main", "monitoring")]
    assert broken(api) == {}
