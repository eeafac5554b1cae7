"""Software of a Kubernetes node: packages of the system, and pinned binaries."""

from ..instance.context import Agent
from ..instance.downloads import Binary, install_binary
from ..instance.packages import install_packages
from .image_credentials import PROVIDER, PROVIDERS, has_provider

PACKAGES = ("python3-boto3", "python3-cryptography", "iptables")

CONTAINERD = "containerd"

BINARIES = (
    Binary("kubelet"),
    Binary("kubeadm"),
    Binary("kubectl"),
    Binary(CONTAINERD, ("bin/containerd", "bin/containerd-shim-runc-v2", "bin/ctr")),
    Binary("runc"),
    Binary("crictl", ("crictl",)),
    Binary("cni-plugins", ("loopback", "portmap", "bandwidth", "bridge", "host-local"), "/opt/cni/bin"),
)
ECR_BINARIES = (Binary(PROVIDER, folder=PROVIDERS),)
"""Binaries of nodes that pull from ECR."""
RUNTIME = {CONTAINERD, "runc"}
"""Binaries of the system's own package, if the document names no containerd."""


def install_node(agent: Agent) -> str:
    """Install packages and binaries.

    Raises:
        AgentError: one of them could not be downloaded in time, or has another digest.
    """
    supply = agent.config.document.supply
    packaged = CONTAINERD not in supply.binaries
    packages = (*PACKAGES, CONTAINERD) if packaged else PACKAGES
    install_packages(agent, packages)
    wanted = (*BINARIES, *ECR_BINARIES) if has_provider(supply) else BINARIES
    binaries = [binary for binary in wanted if not (packaged and binary.name in RUNTIME)]
    for binary in binaries:
        install_binary(agent, binary)
    return f"{', '.join(packages)}; {', '.join(binary.name for binary in binaries)}"
