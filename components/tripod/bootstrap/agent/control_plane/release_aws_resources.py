"""Release of AWS resources that Kubernetes objects hold, by their own controllers, before a cluster is deleted.

An aggregated API of the cluster's add-ons whose server does not answer is removed too: as long as discovery fails, no
namespace can be deleted (kubernetes, pkg/controller/namespace/deletion/namespaced_resources_deleter.go).
"""

from collections.abc import Iterator, Sequence

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.command_io import answer, arguments
from ..instance.context import Agent
from ..node.drain import cordon
from ..node.kubectl import ApiError, Kubectl, own_api

EBS_DRIVER = "ebs.csi.aws.com"
"""The CSI driver of EBS volumes."""

AGGREGATED = {"v1beta1.metrics.k8s.io": ("kube-system", "metrics-server")}
"""Aggregated API of the add-ons → namespace and name of its Service."""

_ALL = "--all-namespaces"
_SNAPSHOT_CONTENTS = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents"
_MAX_NAMES = 100
"""The most names in an answer, which must fit into SSM's output."""


def held_resources(agent: Agent) -> str:
    """Print AWS resources that objects hold, the volumes and snapshots that are kept, and dead APIs."""
    kubectl = own_api(agent)

    def check() -> str:
        services, claims = load_balancers(kubectl.list("services", _ALL)), kubectl.list("persistentvolumeclaims", _ALL)
        return answer(
            services=[_name(one) for one in services][:_MAX_NAMES],
            claims=[_name(one) for one in claims][:_MAX_NAMES],
            kept=[*kept_volumes(kubectl.list("persistentvolumes")), *kept_snapshots(_snapshot_contents(kubectl))],
            apis=dead_apis(kubectl.list("apiservices")),
        )

    return agent.retry("what the cluster holds in AWS", check)


def release(agent: Agent) -> str:
    """Delete Services with load balancers and, if asked to, volume claims, and wait until AWS has deleted theirs.

    Aggregated APIs of the add-ons go where their server does not answer.

    Nodes take no new pods from here on: a claim recreated with its pod would get a new volume.

    Raises:
        AgentError: the API refuses.
    """
    kubectl, with_claims = own_api(agent), arguments().get("claims") is True

    def begin() -> None:
        for node in kubectl.list("nodes"):
            cordon(kubectl, node["metadata"]["name"])
        _delete_dead_apis(kubectl)
        for service in load_balancers(kubectl.list("services", _ALL)):
            _delete(kubectl, "service", service)
        if with_claims:
            for claim in kubectl.list("persistentvolumeclaims", _ALL):
                _delete(kubectl, "persistentvolumeclaim", claim)
            # A claim ends when the last pod that has it does.
            for pod in pods_with_claims(kubectl.list("pods", _ALL)):
                _delete(kubectl, "pod", pod)

    agent.retry("release of what the cluster holds in AWS", begin)

    def check() -> None:
        left = list(_remaining(kubectl, with_claims=with_claims))
        if left:
            raise RetryableError(f"{len(left)} left: {', '.join(left[:_MAX_NAMES])}")

    try:
        agent.retry("release", check)
    except AgentError as error:
        return answer(left=str(error))
    return answer(left="")


def load_balancers(services: Sequence[JsonObject]) -> list[JsonObject]:
    """Services that have a load balancer."""
    return [one for one in services if one["spec"].get("type") == "LoadBalancer"]


def dead_apis(services: Sequence[JsonObject]) -> list[str]:
    """Names of the add-ons' aggregated APIs that are not available. One that another Service serves is not ours."""
    return [
        one["metadata"]["name"]
        for one in services
        if (one["metadata"]["name"], _served_by(one)) in AGGREGATED.items() and not _is_available(one)
    ]


def _delete_dead_apis(kubectl: Kubectl) -> None:
    for name in dead_apis(kubectl.list("apiservices")):
        kubectl.run("delete", "apiservice", name, "--ignore-not-found")


def _served_by(api: JsonObject) -> tuple[str, str] | None:
    service = api["spec"].get("service")
    return (service["namespace"], service["name"]) if service else None


def _is_available(api: JsonObject) -> bool:
    conditions = api.get("status", {}).get("conditions", [])
    return any(one["type"] == "Available" and one["status"] == "True" for one in conditions)


def kept_volumes(volumes: Sequence[JsonObject]) -> list[str]:
    """Ids of the EBS volumes that outlive their claims."""
    return [
        one["spec"]["csi"]["volumeHandle"]
        for one in volumes
        if one["spec"].get("csi", {}).get("driver") == EBS_DRIVER
        and one["spec"].get("persistentVolumeReclaimPolicy") != "Delete"
    ]


def kept_snapshots(contents: Sequence[JsonObject]) -> list[str]:
    """Ids of the EBS snapshots that outlive their VolumeSnapshots."""
    return [
        one["status"]["snapshotHandle"]
        for one in contents
        if one["spec"].get("driver") == EBS_DRIVER
        and one["spec"].get("deletionPolicy") != "Delete"
        and one.get("status", {}).get("snapshotHandle")
    ]


def _snapshot_contents(kubectl: Kubectl) -> list[JsonObject]:
    """Every VolumeSnapshotContent; none where no snapshot controller is installed."""
    try:
        return kubectl.json("get", f"--raw={_SNAPSHOT_CONTENTS}")["items"]
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        return []


def pods_with_claims(pods: Sequence[JsonObject]) -> list[JsonObject]:
    """Pods that mount a claim, also an ephemeral one."""
    return [
        one
        for one in pods
        if any("persistentVolumeClaim" in volume or "ephemeral" in volume for volume in one["spec"].get("volumes", []))
    ]


def _remaining(kubectl: Kubectl, *, with_claims: bool) -> Iterator[str]:
    """Objects that still hold AWS resources."""
    for service in load_balancers(kubectl.list("services", _ALL)):
        yield f"service {_name(service)}"
    if not with_claims:
        return
    for volume in kubectl.list("persistentvolumes"):
        spec = volume["spec"]
        if spec.get("csi", {}).get("driver") == EBS_DRIVER and spec.get("persistentVolumeReclaimPolicy") == "Delete":
            yield f"volume {volume['metadata']['name']}"


def _delete(kubectl: Kubectl, kind: str, body: JsonObject) -> None:
    metadata = body["metadata"]
    place = f"--namespace={metadata['namespace']}"
    kubectl.run("delete", kind, metadata["name"], place, "--wait=false", "--ignore-not-found")


def _name(body: JsonObject) -> str:
    return f"{body['metadata']['namespace']}/{body['metadata']['name']}"
