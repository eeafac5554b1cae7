"""Role workers: a node that joins, runs applications, and is drained on termination."""

from ..core.phases import Phase
from ..host.kernel_settings import prepare_host
from ..host.services import Service, install_service
from ..instance.context import Agent
from ..node.containerd import prepare_containerd
from ..node.kubelet_renewal import renew_worker_now
from ..node.kubelet_unit import prepare_kubelet
from ..node.node_binaries import install_node
from .join import clean_up_join, join, prepare_join
from .termination import drain_on_termination

LEAVE = Service("leave", "empty this node before it ends", stop_seconds=60)


def _services(agent: Agent) -> str:
    install_service(agent.host, LEAVE)
    return LEAVE.command


PHASES = (
    Phase[Agent]("supply", "install packages and pinned binaries", install_node),
    Phase[Agent]("host", "kernel modules and settings, no swap", lambda agent: prepare_host(agent.host)),
    Phase[Agent](
        "containerd",
        "configure and start the container runtime",
        lambda agent: prepare_containerd(agent.host, agent.config.document.supply.images),
    ),
    Phase[Agent]("kubelet", "install the kubelet's unit", lambda agent: prepare_kubelet(agent.host)),
    Phase[Agent]("half-way", "remove what an interrupted kubeadm left", clean_up_join),
    Phase[Agent]("token", "wait for a good token, and for a server that is new enough", prepare_join),
    Phase[Agent]("join", "run kubeadm join, once", join),
    Phase[Agent]("services", "start what empties this node before it ends", _services),
)

COMMANDS = {"leave": drain_on_termination, "renew-now": renew_worker_now}
