"""Release of AWS resources that Kubernetes objects hold, by their own controllers, before a cluster is deleted."""

from collections.abc import Iterator, Sequence

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.command_io import answer, arguments
from ..instance.context import Agent
from ..node.drain import cordon
from ..node.kubectl import Kubectl, own_api

EBS_DRIVER = "ebs.csi.aws.com"
"""The CSI driver of EBS volumes."""

_ALL = "--all-namespaces"
_MAX_NAMES = 100
"""The most names in an answer, which must fit into SSM's output."""


def held_resources(agent: Agent) -> str:
    """Print AWS resources that objects hold: load balancers, volume claims; and the volumes that are kept."""
    kubectl = own_api(agent)

    def check() -> str:
        services, claims = load_balancers(kubectl.list("services", _ALL)), kubectl.list("persistentvolumeclaims", _ALL)
        return answer(
            services=[_name(one) for one in services][:_MAX_NAMES],
            claims=[_name(one) for one in claims][:_MAX_NAMES],
            kept=kept_volumes(kubectl.list("persistentvolumes")),
        )

    return agent.retry("what the cluster holds in AWS", check)


def release(agent: Agent) -> str:
    """Delete Services with load balancers and, if asked to, volume claims, and wait until AWS has deleted theirs.

    Nodes take no new pods from here on: a claim recreated with its pod would get a new volume.

    Raises:
        AgentError: the API refuses.
    """
    kubectl, with_claims = own_api(agent), arguments().get("claims") is True

    def begin() -> None:
        for node in kubectl.list("nodes"):
            cordon(kubectl, node["metadata"]["name"])
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


def kept_volumes(volumes: Sequence[JsonObject]) -> list[str]:
    """Ids of the EBS volumes that outlive their claims."""
    return [
        one["spec"]["csi"]["volumeHandle"]
        for one in volumes
        if one["spec"].get("csi", {}).get("driver") == EBS_DRIVER
        and one["spec"].get("persistentVolumeReclaimPolicy") != "Delete"
    ]


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
