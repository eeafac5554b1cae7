"""Drain of a node with its kubelet's own identity. Decisions are pure; kubectl lists and evicts.

`kubectl drain` does not work with that identity. It reads every DaemonSet, which a kubelet may not, and polls each
pod until it is not found, but a kubelet gets Forbidden as soon as the pod is gone. A kubelet's rights are enough
without it: list the pods bound to its node, evict only those, and mark its own node. So no right is granted for this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from .kubectl import ApiError, Kubectl

_MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True)
class Pod:
    """A pod to evict.

    Attributes:
        namespace: its namespace.
        name: its name.
        uid: its uid.
        is_terminating: True if it is terminating already.
    """

    namespace: str
    name: str
    uid: str
    is_terminating: bool

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def pods_to_evict(pods: Sequence[JsonObject]) -> list[Pod]:
    """Select the pods to evict: those with a controller that replaces them elsewhere, and those without any.

    A DaemonSet's pod would come back at once, and deleting a mirror pod does not stop its static pod.
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


def _controls(owner: JsonObject) -> bool:
    return bool(owner.get("controller"))


def eviction(pod: Pod) -> JsonObject:
    """Build an Eviction of this pod only, not of a later pod of the same name."""
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": pod.namespace},
        "deleteOptions": {"preconditions": {"uid": pod.uid}},
    }


def cordon(kubectl: Kubectl, node: str) -> None:
    """Mark the node unschedulable.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer.
    """
    kubectl.run("patch", "node", node, "--type=merge", '--patch={"spec":{"unschedulable":true}}')


def drain_once(kubectl: Kubectl, node: str) -> list[str]:
    """Evict every pod that has to go and is not terminating yet.

    Returns:
        The remaining pods, each with the reason.

    Raises:
        AgentError: the API refuses to list them.
        RetryableError: it does not answer.
    """
    pods = kubectl.list("pods", "--all-namespaces", f"--field-selector=spec.nodeName={node}")
    return list(_evict(kubectl, pods_to_evict(pods)))


def _evict(kubectl: Kubectl, pods: Sequence[Pod]) -> Iterator[str]:
    for pod in pods:
        if pod.is_terminating:
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
