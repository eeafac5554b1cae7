"""Phases that every Kubernetes node's boot begins with."""

from ..core.phases import Phase
from ..host.distribution_services import prepare_services
from ..host.kernel_settings import prepare_host
from ..instance.context import Agent
from .containerd import prepare_containerd
from .kubelet_unit import prepare_kubelet
from .node_binaries import install_node

NODE_PHASES = (
    Phase[Agent]("supply", "install packages and pinned binaries", install_node),
    Phase[Agent](
        "host",
        "kernel modules and settings, no swap; the distribution's services",
        lambda agent: f"{prepare_host(agent.host)}; {prepare_services(agent.host)}",
    ),
    Phase[Agent](
        "containerd",
        "configure and start the container runtime",
        lambda agent: prepare_containerd(agent.host, agent.config.document.supply.images),
    ),
    Phase[Agent](
        "kubelet",
        "install the kubelet's unit",
        lambda agent: prepare_kubelet(agent.host, agent.config.document.supply),
    ),
)
