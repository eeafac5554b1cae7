"""Restart lease: one control-plane node at a time restarts components that serve others."""

from datetime import datetime, timedelta

from ..core.typed_json import JsonObject
from ..instance.context import Agent
from ..node.kubectl import ApiError, Kubectl

NAMESPACE = "kube-system"
NAME = "tripod-restart"
DURATION = timedelta(minutes=30)
"""After this time the holder counts as failed, and another node may take the lease."""

_PATH = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{NAME}"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def is_free(lease: JsonObject, holder: str, now: datetime) -> bool:
    """Return True if a node may take the lease.

    Args:
        lease: the lease, as the API shows it.
        holder: the node.
        now: the time of day.
    """
    spec = lease.get("spec", {})
    if spec.get("holderIdentity") in (None, "", holder):
        return True
    return now - datetime.fromisoformat(spec["renewTime"]) > timedelta(seconds=spec["leaseDurationSeconds"])


def acquire_lease(agent: Agent, kubectl: Kubectl, holder: str) -> bool:
    """Take the lease, if no other node has it.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer.
    """
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": int(DURATION.total_seconds()),
        "renewTime": agent.now().strftime(_TIME),
    }
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    try:
        lease = kubectl.find("lease", NAME, NAMESPACE)
        if lease is None:
            kubectl.create({**body, "spec": spec})
        elif is_free(lease, holder, agent.now()):
            # With the resource version just read: of two nodes that find it free, one succeeds.
            kubectl.put(_PATH, {**lease, "spec": spec})
        else:
            return False
    except ApiError as error:
        if error.reason in ("AlreadyExists", "Conflict"):
            return False
        raise
    return True


def release_lease(kubectl: Kubectl, holder: str) -> None:
    """Release the lease.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer. The lease then expires.
    """
    lease = kubectl.find("lease", NAME, NAMESPACE)
    if lease is not None and lease.get("spec", {}).get("holderIdentity") == holder:
        kubectl.put(_PATH, {**lease, "spec": {**lease["spec"], "holderIdentity": ""}})
