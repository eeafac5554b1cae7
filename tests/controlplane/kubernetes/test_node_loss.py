"""A node that falls silent: what ran on it comes back elsewhere, in the time that the stack file says."""

import json
from collections import Counter
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import pytest

from support.controlplane.fake_nodes import ZONE_LABEL, FakeNode, fake_nodes
from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_cluster import SILENT_SECONDS, TOLERATION_SECONDS, Cluster

ZONES = {f"{zone}-{number}": zone for zone in ("us-west-2a", "us-west-2b", "us-west-2c") for number in (0, 1)}
REPLICAS = 6
LOOKING = 5
"""Seconds between two looks of the controller manager at its nodes: node-monitor-period."""
REMAKING = 20
"""Seconds that controllers and scheduler may take for the rest, on a busy machine."""

SELECTOR = {"matchLabels": {"app": "web"}}
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "replicas": REPLICAS,
        "selector": SELECTOR,
        "template": {
            "metadata": {"labels": SELECTOR["matchLabels"]},
            "spec": {
                "containers": [{"name": "web", "image": "none", "resources": {"requests": {"cpu": "100m"}}}],
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": action, "labelSelector": SELECTOR}
                    for key, action in ((ZONE_LABEL, "DoNotSchedule"), ("kubernetes.io/hostname", "ScheduleAnyway"))
                ],
            },
        },
    },
}


@pytest.fixture
def nodes(running: Cluster) -> Generator[dict[str, FakeNode]]:
    """Two nodes in each of three zones, and an application that is spread over them."""
    with fake_nodes(running, ZONES) as made:
        running.api.create(DEPLOYMENT)
        try:
            yield made
        finally:
            running.api.run(
                "delete", "deployment", "web", "--namespace=default", "--cascade=foreground", "--wait=false"
            )
            running.api.run("delete", "pods", "--selector=app=web", "--namespace=default", "--force")


def pods(running: Cluster) -> list[dict[str, Any]]:
    """The application's pods that are not about to go, and are on a node."""
    found = json.loads(running.api.run("get", "pods", "--namespace=default", "--selector=app=web", "--output=json"))
    return [
        pod
        for pod in found["items"]
        if "deletionTimestamp" not in pod["metadata"] and pod["spec"].get("nodeName") is not None
    ]


def per_node(running: Cluster) -> Counter[str]:
    return Counter(pod["spec"]["nodeName"] for pod in pods(running))


def per_zone(running: Cluster) -> Counter[str]:
    return Counter(ZONES[pod["spec"]["nodeName"]] for pod in pods(running))


def test_a_silent_nodes_pods_come_back_elsewhere_and_the_spread_holds(
    running: Cluster, nodes: dict[str, FakeNode], measured: Callable[[str], None]
) -> None:
    until("all are placed", lambda: per_zone(running).total() == REPLICAS, 60)
    assert set(per_zone(running).values()) == {REPLICAS // 3}
    lost = max(per_node(running), key=lambda name: per_node(running)[name])
    held = {pod["metadata"]["uid"] for pod in pods(running) if pod["spec"]["nodeName"] == lost}
    others = {pod["metadata"]["uid"] for pod in pods(running)} - held
    # What decides is what the stack file says, in the pods as the server has admitted them.
    for pod in pods(running):
        seconds = {one["key"]: one["tolerationSeconds"] for one in pod["spec"]["tolerations"]}
        assert set(seconds.values()) == {TOLERATION_SECONDS}
    heard = nodes[lost].silence()

    def elsewhere() -> bool:
        found = per_node(running)
        return lost not in found and found.total() == REPLICAS

    limit = SILENT_SECONDS + TOLERATION_SECONDS
    until("its pods are elsewhere", elsewhere, limit + LOOKING + REMAKING)
    took = (datetime.now(UTC) - heard).total_seconds()
    measured(f"a node falls silent: its pods are elsewhere after {took:.0f} s, {limit} s of them configured")
    # It was waited for, and nobody else was disturbed.
    assert took > limit - 3
    assert others <= {pod["metadata"]["uid"] for pod in pods(running)}
    assert not held & {pod["metadata"]["uid"] for pod in pods(running)}
    assert set(per_zone(running).values()) == {REPLICAS // 3}
