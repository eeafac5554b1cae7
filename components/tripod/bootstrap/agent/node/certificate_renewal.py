"""A node's certificates that are renewed because somebody wants it, and not because it is time."""

from ..control_plane.renewal import renew_certificates
from ..host.command_io import answer
from ..instance.context import Agent
from .kubectl import await_own_api, own_api
from .kubelet_renewal import renew_kubelet


def renew_control_plane_now(agent: Agent) -> str:
    """Renew a control-plane node's certificates and its kubelet's, and restart what uses them.

    Raises:
        AgentError: no other node could serve meanwhile, or something does not come back.
    """
    said = renew_certificates(agent, own_api(agent), before_time=True)
    await_own_api(agent)
    return answer(said=f"{said}; {renew_kubelet(agent)}")


def renew_worker_now(agent: Agent) -> str:
    """Renew a worker's kubelet's certificates.

    Raises:
        AgentError: they are not issued, or the kubelet does not come back.
    """
    return answer(said=renew_kubelet(agent))
