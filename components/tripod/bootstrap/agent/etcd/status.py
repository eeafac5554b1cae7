"""How a member is, as it says itself: at once, and whatever state etcd is in."""

from ..core.errors import RetryableError
from ..host.command_io import answer
from ..instance.context import Agent
from .etcdctl import Etcdctl, Status
from .membership import View

OWN = "127.0.0.1"
"""A member answers here too: its state is known where the metadata service does not answer."""


def status(agent: Agent) -> str:
    """What the member says of itself and the others."""
    etcdctl = Etcdctl(agent.host)
    # A majority's answer first: what the member has applied is then at least what was agreed on before it.
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
    )


def unhealthy(said: Status, view: View | None) -> str:
    """Why a member is not healthy; empty where it is.

    Args:
        said: what it says of itself.
        view: what it says of the cluster.
    """
    if view is not None and view.quorum and not said.errors:
        return ""
    if said.learner:
        return "it is a learner: it serves when it has been promoted"
    found = "; ".join(said.errors)
    return found or "no majority of the members answered it"
