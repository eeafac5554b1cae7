"""Nodes without a machine: the API requests of a kubelet, and no pod that really runs."""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from support.controlplane.caller import MERGE, Answer
from support.controlplane.kubernetes_cluster import Cluster

ZONE_LABEL = "topology.kubernetes.io/zone"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_HEARTBEAT_SECONDS = 2
_RESOURCES = {"cpu": "4", "memory": "8Gi", "pods": "20"}


class FakeNode:
    """A node that registers and renews its lease, with a kubelet's own certificate.

    Attributes:
        name: its name.
    """

    def __init__(self, running: Cluster, name: str, zone: str) -> None:
        """Register it.

        Args:
            running: its cluster.
            name: its name.
            zone: its zone.
        """
        self.name = name
        self._stopped = threading.Event()
        self._kubelet = running.caller(f"system:node:{name}", ["system:nodes"])
        made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {ZONE_LABEL: zone}}}
        _granted(self._kubelet.ask("POST", "/api/v1/nodes", made))
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", **_at("lastHeartbeatTime")}
        status = {"conditions": [ready], "capacity": _RESOURCES, "allocatable": _RESOURCES}
        _granted(self._kubelet.ask("PATCH", f"/api/v1/nodes/{name}/status", {"status": status}, MERGE))
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}}
        _granted(self._kubelet.ask("POST", _LEASES, {**lease, "spec": self._spec()}))
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    def silence(self) -> datetime:
        """Say nothing any more; when it was heard last, or a moment later."""
        self._stopped.set()
        self._thread.join()
        return datetime.now(UTC)

    def _spec(self) -> Mapping[str, Any]:
        return {"holderIdentity": self.name, "leaseDurationSeconds": 40, **_at("renewTime", microseconds=True)}

    def _live(self) -> None:
        while not self._stopped.wait(_HEARTBEAT_SECONDS):
            try:
                self._kubelet.ask("PATCH", f"{_LEASES}/{self.name}", {"spec": self._spec()}, MERGE)
            except OSError:
                # As a kubelet does: the next heartbeat may come through.
                continue


@contextmanager
def fake_nodes(running: Cluster, zones: Mapping[str, str]) -> Generator[dict[str, FakeNode]]:
    """Nodes while a block runs.

    Args:
        running: their cluster.
        zones: name → zone.
    """
    nodes: dict[str, FakeNode] = {}
    try:
        for name, zone in zones.items():
            nodes[name] = FakeNode(running, name, zone)
        yield nodes
    finally:
        for node in nodes.values():
            node.silence()
        running.api.run("delete", "nodes", *zones, "--ignore-not-found")
        running.api.run("delete", "leases", *zones, "--namespace=kube-node-lease", "--ignore-not-found")


def _at(field: str, *, microseconds: bool = False) -> dict[str, str]:
    return {field: f"{datetime.now(UTC):{'%Y-%m-%dT%H:%M:%S.%f' if microseconds else '%Y-%m-%dT%H:%M:%S'}}Z"}


def _granted(answer: Answer) -> None:
    if answer.status not in (200, 201):
        raise RuntimeError(f"{answer.status}: {answer.message}")
