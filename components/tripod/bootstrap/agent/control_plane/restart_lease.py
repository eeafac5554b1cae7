"""One control-plane node at a time: a lease in the API that a node holds while it restarts what serves others."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..instance.context import Agent
from ..node.kubectl import ApiError, Kubectl

NAMESPACE = "kube-system"
NAME = "tripod-restart"
LIFE = timedelta(minutes=30)
"""A node that holds its turn longer than this has died of it, and the next may go on."""

_PATH = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{NAME}"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def is_free(lease: Mapping[str, Any], holder: str, now: datetime) -> bool:
    """Whether a node may take the turn.

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
    """Take the turn, if no other node has it.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer.
    """
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": int(LIFE.total_seconds()),
        "renewTime": agent.now().strftime(_TIME),
    }
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": NAME, "namespace": NAMESPACE}}
    try:
        lease = kubectl.find("lease", NAME, NAMESPACE)
        if lease is None:
            kubectl.create({**body, "spec": spec})
        elif is_free(lease, holder, agent.now()):
            # With the version that was seen: of two nodes that see it free, one succeeds.
            kubectl.put(_PATH, {**lease, "spec": spec})
        else:
            return False
    except ApiError as error:
        if error.reason in ("AlreadyExists", "Conflict"):
            return False
        raise
    return True


def release_lease(kubectl: Kubectl, holder: str) -> None:
    """Let the next node have the turn.

    Raises:
        AgentError: the API refuses.
        RetryableError: it does not answer. The turn then ends by itself.
    """
    lease = kubectl.find("lease", NAME, NAMESPACE)
    if lease is not None and lease.get("spec", {}).get("holderIdentity") == holder:
        kubectl.put(_PATH, {**lease, "spec": {**lease["spec"], "holderIdentity": ""}})
