"""A local cluster with simulated nodes: real servers, scheduler and controllers; pods only report that they run."""

import subprocess
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, cast

from kubernetes import config, dynamic
from kubernetes.dynamic.exceptions import DynamicApiError

from tripod.rehearsal.local_kubernetes import local_kubernetes

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
RESOURCES = {"cpu": "8", "memory": "16Gi", "pods": "50"}
_STEP_SECONDS = 0.3


def api_client(kubeconfig: Path) -> Any:
    """A client of an API server."""
    return cast("Any", dynamic).DynamicClient(cast("Any", config).new_client_from_config(str(kubeconfig)))


class LocalCluster:
    """A cluster with simulated nodes and pods.

    Attributes:
        kubeconfig: how its API is reached.
        client: a client of it.
        bad: images whose pods never become ready.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self.client = api_client(kubeconfig)
        self.bad: set[str] = set()
        self._stopped = threading.Event()
        self._addresses = IPv4Network("100.64.0.0/16").hosts()

    def kind(self, api_version: str, kind: str) -> Any:
        return self.client.resources.get(api_version=api_version, kind=kind)

    def objects(self, api_version: str, kind: str, namespace: str) -> list[dict[str, Any]]:
        """Every object of a kind in a namespace."""
        return [item.to_dict() for item in self.client.get(self.kind(api_version, kind), namespace=namespace).items]

    def register(self, names: Sequence[str]) -> None:
        """Register ready nodes, dealt out over the zones."""
        for place, name in enumerate(names):
            labels = {"topology.kubernetes.io/zone": ZONES[place % 3], "kubernetes.io/hostname": name}
            body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
            self.client.create(self.kind("v1", "Node"), body=body)
            ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": ""}
            status = {"conditions": [ready], "capacity": RESOURCES, "allocatable": RESOURCES}
            self._put_status("Node", name, None, status)
            # A new node has the taint of one that is not ready; the controller that takes it away does not run.
            patch = {"spec": {"taints": None}}
            self.client.patch(
                self.kind("v1", "Node"), name=name, body=patch, content_type="application/merge-patch+json"
            )

    @contextmanager
    def never_ready(self, image: str) -> Generator[None]:
        """Have an image's pods never become ready while a block runs."""
        self.bad.add(image)
        try:
            yield
        finally:
            self.bad.discard(image)

    def simulate_pods(self) -> None:
        """Have pods say that they are ready, and go when they are deleted, until the cluster ends."""
        while not self._stopped.wait(_STEP_SECONDS):
            for pod in self.client.get(self.kind("v1", "Pod")).items:
                try:
                    self._step(pod.to_dict())
                except DynamicApiError:
                    continue  # it went meanwhile, or somebody else has changed it: the next look tells

    def stop(self) -> None:
        self._stopped.set()

    def _step(self, pod: dict[str, Any]) -> None:
        name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
        if not pod["spec"].get("nodeName"):
            return
        if pod["metadata"].get("deletionTimestamp"):
            options = {"gracePeriodSeconds": 0}
            self.client.delete(self.kind("v1", "Pod"), name=name, namespace=namespace, body=options)
            return
        ready = not any(container["image"] in self.bad for container in pod["spec"]["containers"])
        if pod["status"].get("phase") != "Running" or any(
            one["type"] == "Ready" and (one["status"] == "True") != ready for one in pod["status"]["conditions"]
        ):
            address = pod["status"].get("podIP") or str(next(self._addresses))
            self._put_status("Pod", name, namespace, _pod_status(pod, address, ready=ready))

    def _put_status(self, kind: str, name: str, namespace: str | None, status: dict[str, Any]) -> None:
        resource = self.kind("v1", kind)
        self.client.patch(
            resource.subresources["status"],
            name=name,
            namespace=namespace,
            body={"status": status},
            content_type="application/merge-patch+json",
        )


def _pod_status(pod: dict[str, Any], address: str, *, ready: bool) -> dict[str, Any]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    said = str(ready)
    conditions = [
        {"type": kind, "status": status, "lastTransitionTime": now}
        for kind, status in (
            ("PodScheduled", "True"),
            ("Initialized", "True"),
            ("ContainersReady", said),
            ("Ready", said),
        )
    ]
    containers = [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": container["image"],
            "ready": ready,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": now}},
        }
        for container in pod["spec"]["containers"]
    ]
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": conditions,
        "containerStatuses": containers,
        "startTime": now,
    }


@contextmanager
def local_cluster(programs: Path, folder: Path, nodes: int = 6) -> Generator[LocalCluster]:
    """Run a cluster while a block runs.

    Args:
        programs: where Kubernetes' programs are.
        folder: where logs go.
        nodes: how many nodes.
    """
    with local_kubernetes(str(programs), "100.80.0.0/16") as kubeconfig, ExitStack() as running:
        assert kubeconfig is not None
        for name in ("kube-controller-manager", "kube-scheduler"):
            command = [str(programs / name), f"--kubeconfig={kubeconfig}", "--leader-elect=false"]
            if name == "kube-controller-manager":
                # Its nodes say nothing of themselves after the first time.
                command += ["--controllers=*,-node-lifecycle-controller,-bootstrap-signer-controller"]
            log = running.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen([*command, "--secure-port=0"], stdout=log, stderr=log, start_new_session=True)
            running.callback(process.wait)
            running.callback(process.kill)
        made = LocalCluster(kubeconfig)
        made.register([f"node-{place}" for place in range(nodes)])
        simulation = threading.Thread(target=made.simulate_pods, daemon=True)
        simulation.start()
        running.callback(simulation.join)
        running.callback(made.stop)
        yield made
