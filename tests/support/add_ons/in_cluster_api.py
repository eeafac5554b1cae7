"""The API of a cluster that is as it should be, to be broken one thing at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

Objects = dict[tuple[str, str], list[dict[str, Any]]]


def metadata(name: str, namespace: str | None = None, **labels: str) -> dict[str, Any]:
    return {"name": name, **({"namespace": namespace} if namespace else {}), "labels": labels}


def node(name: str, zone: str, *, control_plane: bool = False) -> dict[str, Any]:
    labels = {"topology.kubernetes.io/zone": zone}
    if control_plane:
        labels["node-role.kubernetes.io/control-plane"] = ""
    return {
        "metadata": metadata(name, **labels),
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def container(name: str, restarts: int = 0) -> dict[str, Any]:
    return {"name": name, "restartCount": restarts, "lastState": {}}


def named(name: str, namespace: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": metadata(name, namespace), **fields}


def healthy() -> Objects:
    zones = ("us-west-2a", "us-west-2b", "us-west-2c")
    return {
        ("v1", "Node"): [
            *(node(f"i-c{place}", zone, control_plane=True) for place, zone in enumerate(zones)),
            *(node(f"i-w{place}", zone) for place, zone in enumerate(zones)),
        ],
        ("apps/v1", "DaemonSet"): [
            named("node-exporter", "monitoring", status={"desiredNumberScheduled": 6, "numberReady": 6})
        ],
        ("apps/v1", "Deployment"): [
            named("coredns", "kube-system", spec={"replicas": 2}, status={"availableReplicas": 2})
        ],
        ("v1", "Pod"): [
            named("web-1", "shop", status={"containerStatuses": [container("web", 1)]}),
            named("web-2", "shop", status={}),
        ],
        ("v1", "Service"): [
            named("kube-dns", "kube-system", spec={"clusterIP": "100.80.0.10"}),
            named("ingress", "ingress", spec={"type": "LoadBalancer"}),
        ],
        ("discovery.k8s.io/v1", "EndpointSlice"): [
            {
                "metadata": metadata("kube-dns-x", "kube-system", **{"kubernetes.io/service-name": "kube-dns"}),
                "endpoints": [
                    {"addresses": ["100.64.0.7"], "conditions": {"ready": True}},
                    {"addresses": ["100.64.1.7"], "conditions": {"ready": True}},
                ],
            }
        ],
        ("batch/v1", "Job"): [
            named("egress-probe-1", "kube-system", status={"succeeded": 1, "completionTime": "2026-11-21T10:00:00Z"})
        ],
        ("cert-manager.io/v1", "Certificate"): [named("web", "shop", status={"notAfter": "2027-02-01T00:00:00Z"})],
        ("storage.k8s.io/v1", "StorageClass"): [
            {
                "metadata": {**metadata("gp3"), "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
                "provisioner": "ebs.csi.aws.com",
                "parameters": {"encrypted": "true"},
                "volumeBindingMode": "WaitForFirstConsumer",
            }
        ],
    }


@dataclass
class StandInApi:
    """Answers from what it was given.

    Attributes:
        objects: what there is.
        ends: when its certificate expires.
        takes: whether it would take anything.
        asked: the kinds that were listed.
    """

    objects: Objects = field(default_factory=healthy)
    ends: datetime = NOW + timedelta(days=200)
    takes: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def list(self, api_version: str, kind: str) -> list[dict[str, Any]] | None:
        self.asked.append((api_version, kind))
        return self.objects.get((api_version, kind))

    def refusal(self, body: Mapping[str, Any]) -> str | None:
        return None if self.takes else f"{body['kind']} is refused"

    def certificate_ends(self) -> datetime:
        return self.ends
