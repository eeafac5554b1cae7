"""Emptying a node with its kubelet's own identity. What is decided is pure; kubectl lists and evicts.

`kubectl drain` does not work with that identity. It asks for every DaemonSet, which a kubelet may not read, and
waits for pods by asking for each until it is not found, which a kubelet is told is forbidden as soon as the pod is
gone. What a kubelet may do is enough without it: list the pods that are bound to it, evict those and no others, and
mark its own node. So no right is granted for this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import AgentError, RetryableError
from .kubectl import ApiError, Kubectl

_MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True)
class Pod:
    """A pod that has to go.

    Attributes:
        namespace: its namespace.
        name: its name.
        uid: which one of that name it is.
        is_going: whether it is ending already.
    """

    namespace: str
    name: str
    uid: str
    is_going: bool

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def pods_to_go(pods: Sequence[Mapping[str, Any]]) -> list[Pod]:
    """The pods that must leave a node: those that somebody else runs again elsewhere, or that nobody does.

    A DaemonSet's pod would come back at once, and a mirror of a static pod is not the pod.
    """
    return [
        Pod(
            metadata["namespace"],
            metadata["name"],
            metadata["uid"],
            "deletionTimestamp" in metadata,
        )
        for metadata, body in ((body["metadata"], body) for body in pods)
        if body.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        and _MIRROR not in metadata.get("annotations", {})
        and not any(owner["kind"] == "DaemonSet" for owner in metadata.get("ownerReferences", []) if _controls(owner))
    ]


def _controls(owner: Mapping[str, Any]) -> bool:
    return bool(owner.get("controller"))


def eviction(pod: Pod) -> dict[str, Any]:
    """What asks for an eviction. A pod of the same name that came after it is not meant."""
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": {"preconditions": {"uid": pod.uid}},
    }


def cordon(kubectl: Kubectl, node: str) -> None:
    """Have no new pod come to the node.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer.
    """
    kubectl.run("patch", "node", node, "--type=merge", '--patch={"spec":{"unschedulable":true}}')


def drain_once(kubectl: Kubectl, node: str) -> list[str]:
    """Evict every pod that has to go and is not going yet.

    Returns:
        The pods that are still there, each with what keeps it.

    Raises:
        AgentError: the API refuses to list them.
        RetryableError: it does not answer.
    """
    pods = kubectl.list("pods", "--all-namespaces", f"--field-selector=spec.nodeName={node}")
    return list(_evicted(kubectl, pods_to_go(pods)))


def _evicted(kubectl: Kubectl, pods: Sequence[Pod]) -> Iterator[str]:
    for pod in pods:
        if pod.is_going:
            yield f"{pod} is ending"
            continue
        try:
            kubectl.post(f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/eviction", eviction(pod))
        except ApiError as error:
            # NotFound and Conflict: it is gone, or another one by now.
            if error.reason not in ("NotFound", "Conflict"):
                yield f"{pod}: {error.reason}"
        except (AgentError, RetryableError) as error:
            yield f"{pod}: {error}"
        else:
            yield f"{pod} is ending"
