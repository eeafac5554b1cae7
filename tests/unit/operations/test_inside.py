"""A broken thing in a cluster is found: one fault at a time, and exactly that finding appears."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from support.add_ons.in_cluster_api import NOW, StandInApi, container, metadata, node
from tripod.operations.in_cluster import CHECKS
from tripod.operations.in_cluster.view import ClusterView
from tripod.operations.verify import run_checks

NODES, SERVICES = ("v1", "Node"), ("v1", "Service")
JOBS, CERTIFICATES = ("batch/v1", "Job"), ("cert-manager.io/v1", "Certificate")
SLICES, CLASSES = ("discovery.k8s.io/v1", "EndpointSlice"), ("storage.k8s.io/v1", "StorageClass")


def broken(api: StandInApi, survives: str = "zone") -> dict[str, list[str]]:
    """Check → what breaks it."""
    outcomes = run_checks(CHECKS, ClusterView(api, survives, lambda: NOW))
    return {one.check.id: [found.subject for found in one.failures] for one in outcomes if not one.passed}


def silent(api: StandInApi) -> None:
    api.objects[NODES][3]["status"]["conditions"][0]["status"] = "Unknown"


def workers_of_one_zone(api: StandInApi) -> None:
    api.objects[NODES] = [*api.objects[NODES][:3], node("i-w", "us-west-2a")]


def without_daemon(api: StandInApi) -> None:
    api.objects["apps/v1", "DaemonSet"][0]["status"]["numberReady"] = 5


def without_replica(api: StandInApi) -> None:
    api.objects["apps/v1", "Deployment"][0]["status"] = {}


def restarting(api: StandInApi) -> None:
    api.objects["v1", "Pod"][0]["status"]["containerStatuses"] = [
        {**container("web", 50), "lastState": {"terminated": {"reason": "OOMKilled"}}}
    ]


def without_dns(api: StandInApi) -> None:
    api.objects[SERVICES] = api.objects[SERVICES][1:]


def one_dns_server(api: StandInApi) -> None:
    api.objects[SLICES][0]["endpoints"][0]["conditions"]["ready"] = False


def failed_probe(api: StandInApi) -> None:
    api.objects[JOBS][0]["status"] = {"failed": 4}


def no_probe(api: StandInApi) -> None:
    api.objects[JOBS] = []


def second_entry(api: StandInApi) -> None:
    api.objects[SERVICES].append({"metadata": metadata("old", "shop"), "spec": {"type": "LoadBalancer"}})


def old_certificate(api: StandInApi) -> None:
    api.ends = NOW + timedelta(days=29)


def unissued_certificate(api: StandInApi) -> None:
    api.objects[CERTIFICATES][0]["status"] = {}


def takes_anything(api: StandInApi) -> None:
    api.takes = True


def clear_volumes(api: StandInApi) -> None:
    api.objects[CLASSES][0]["parameters"] = {}


def two_defaults(api: StandInApi) -> None:
    api.objects[CLASSES] *= 2


def early_volumes(api: StandInApi) -> None:
    api.objects[CLASSES][0]["volumeBindingMode"] = "Immediate"


FORBIDDEN = [
    "a privileged pod",
    "a pod with a port of its node",
    "a pod whose image is called latest",
    "another load balancer",
]

FAULTS: list[tuple[Callable[[StandInApi], None], str, list[str]]] = [
    (silent, "nodes-ready", ["i-w0"]),
    (workers_of_one_zone, "nodes-ready", ["workers"]),
    (without_daemon, "daemon-sets", ["monitoring/node-exporter"]),
    (without_replica, "deployments", ["kube-system/coredns"]),
    (restarting, "restarts", ["shop/web-1 web"]),
    (without_dns, "cluster-dns", ["kube-system/kube-dns"]),
    (one_dns_server, "cluster-dns", ["kube-system/kube-dns"]),
    (failed_probe, "pod-egress", ["kube-system/egress-probe-1"]),
    (no_probe, "pod-egress", ["egress-probe"]),
    (second_entry, "one-load-balancer", ["shop/old"]),
    (old_certificate, "certificates", ["the API's certificate"]),
    (unissued_certificate, "certificates", ["shop/web"]),
    (takes_anything, "refusals", FORBIDDEN),
    (clear_volumes, "volumes-encrypted", ["gp3"]),
    (two_defaults, "volumes-encrypted", ["storage classes"]),
    (early_volumes, "volumes-encrypted", ["gp3"]),
]


def test_nothing_is_found_in_a_cluster_that_is_as_it_should_be() -> None:
    assert broken(StandInApi()) == {}


@pytest.mark.parametrize(("act", "check", "subjects"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_fault_is_found_by_its_check_and_by_no_other(
    act: Callable[[StandInApi], None], check: str, subjects: list[str]
) -> None:
    api = StandInApi()
    act(api)
    assert broken(api) == {check: subjects}


def test_every_check_is_broken_by_some_fault() -> None:
    assert {check.id for check in CHECKS} == {check for _, check, _ in FAULTS}


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
