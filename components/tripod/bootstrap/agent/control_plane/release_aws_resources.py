"""Before a cluster ends: what its objects hold in AWS, and having their own controllers let go of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.errors import AgentError, RetryableError
from ..host.command_io import answer, arguments
from ..instance.context import Agent
from ..node.drain import cordon
from ..node.kubectl import Kubectl, own_api

DISKS = "ebs.csi.aws.com"
"""The driver whose volumes lie in AWS."""

_ALL = "--all-namespaces"
_SHOWN = 100
"""How many names are told: an answer must fit into what SSM carries."""


def held(agent: Agent) -> str:
    """What the cluster's objects hold in AWS: load balancers, volume claims; and which volumes are kept."""
    kubectl = own_api(agent)

    def look() -> str:
        services, claims = load_balancers(kubectl.list("services", _ALL)), kubectl.list("persistentvolumeclaims", _ALL)
        return answer(
            services=[_name(one) for one in services][:_SHOWN],
            claims=[_name(one) for one in claims][:_SHOWN],
            kept=kept_volumes(kubectl.list("persistentvolumes")),
        )

    return agent.retry("what the cluster holds in AWS", look)


def release(agent: Agent) -> str:
    """Delete Services with load balancers and, where it is told so, volume claims, and wait until AWS is rid of them.

    Nodes take no new pods from here on: a claim that came back with its pod would be given a new volume.

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

    def look() -> None:
        left = list(_left(kubectl, with_claims=with_claims))
        if left:
            raise RetryableError(f"{len(left)} left: {', '.join(left[:_SHOWN])}")

    try:
        agent.retry("release", look)
    except AgentError as error:
        return answer(left=str(error))
    return answer(left="")


def load_balancers(services: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The Services that have a load balancer."""
    return [one for one in services if one["spec"].get("type") == "LoadBalancer"]


def kept_volumes(volumes: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids of the disks that are to outlive their claims."""
    return [
        one["spec"]["csi"]["volumeHandle"]
        for one in volumes
        if one["spec"].get("csi", {}).get("driver") == DISKS
        and one["spec"].get("persistentVolumeReclaimPolicy") != "Delete"
    ]


def pods_with_claims(pods: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The pods that mount a claim, also one that is made with the pod."""
    return [
        one
        for one in pods
        if any("persistentVolumeClaim" in volume or "ephemeral" in volume for volume in one["spec"].get("volumes", []))
    ]


def _left(kubectl: Kubectl, *, with_claims: bool) -> Iterator[str]:
    """What still holds something in AWS."""
    for service in load_balancers(kubectl.list("services", _ALL)):
        yield f"service {_name(service)}"
    if not with_claims:
        return
    for volume in kubectl.list("persistentvolumes"):
        spec = volume["spec"]
        if spec.get("csi", {}).get("driver") == DISKS and spec.get("persistentVolumeReclaimPolicy") == "Delete":
            yield f"volume {volume['metadata']['name']}"


def _delete(kubectl: Kubectl, kind: str, body: Mapping[str, Any]) -> None:
    metadata = body["metadata"]
    place = f"--namespace={metadata['namespace']}"
    kubectl.run("delete", kind, metadata["name"], place, "--wait=false", "--ignore-not-found")


def _name(body: Mapping[str, Any]) -> str:
    return f"{body['metadata']['namespace']}/{body['metadata']['name']}"
