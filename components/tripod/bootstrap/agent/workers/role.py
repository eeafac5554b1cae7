"""Role workers: a node that joins, runs applications, and is drained on termination."""

from ..core.phases import Phase
from ..host.services import Service, install_service
from ..instance.context import Agent
from ..node.kubelet_renewal import renew_worker_now
from ..node.phases import NODE_PHASES
from .join import clean_up_join, join, prepare_join
from .termination import drain_on_termination

LEAVE = Service("leave", "empty this node before it ends", stop_seconds=60)


def _services(agent: Agent) -> str:
    install_service(agent.host, LEAVE)
    return LEAVE.command


PHASES = (
    *NODE_PHASES,
    Phase[Agent]("half-way", "remove what an interrupted kubeadm left", clean_up_join),
    Phase[Agent]("token", "wait for a good token, and for a server that is new enough", prepare_join),
    Phase[Agent]("join", "run kubeadm join, once", join),
    Phase[Agent]("services", "start what empties this node before it ends", _services),
)

COMMANDS = {"leave": drain_on_termination, "renew-now": renew_worker_now}
