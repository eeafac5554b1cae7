"""Status of a member, by itself, without retries in any state of etcd."""

from ..core.errors import RetryableError
from ..host.command_io import answer
from ..instance.context import Agent
from .etcdctl import Etcdctl, Status
from .maintenance import configured_quota, disk_percent
from .membership import View
from .urls import OWN


def status(agent: Agent) -> str:
    """Print the member's status and its member list."""
    etcdctl = Etcdctl(agent.host)
    # A linearizable read first: the applied index is then at least the one committed before it.
    view = etcdctl.view([OWN])
    try:
        said = etcdctl.status(OWN)
    except RetryableError as error:
        return answer(healthy=False, reason=f"its etcd does not answer: {error}")
    reason = unhealthy(said, view)
    return answer(
        healthy=not reason,
        reason=reason,
        id=f"{said.id:x}",
        leader=f"{said.leader:x}" if said.leader else "",
        learner=said.learner,
        raft_index=said.index,
        revision=said.revision,
        version=said.version,
        members=sorted(f"{entry.id:x}" for entry in view.entries) if view else [],
        quorum=view is not None and view.quorum,
        alarms=sorted(said.alarms),
        database=said.database,
        used=said.used,
        quota=configured_quota(agent.host),
        disk_percent=disk_percent(agent.host),
    )


def unhealthy(said: Status, view: View | None) -> str:
    """Reason why a member is unhealthy; empty if it is healthy.

    Args:
        said: its status.
        view: its member list.
    """
    if view is not None and view.quorum and not said.errors:
        return ""
    if said.learner:
        return "it is a learner: it serves when it has been promoted"
    found = "; ".join(said.errors)
    return found or "no majority of the members answered it"
