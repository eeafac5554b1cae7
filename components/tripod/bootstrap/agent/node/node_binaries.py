"""Software of a Kubernetes node: packages of the system, and pinned binaries."""

from ..instance.context import Agent
from ..instance.downloads import Binary, install_binary
from ..instance.packages import install_packages

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
RUNTIME = {CONTAINERD, "runc"}
"""Binaries of the system's own package, if the document names no containerd."""


def install_node(agent: Agent) -> str:
    """Install packages and binaries.

    Raises:
        AgentError: one of them could not be downloaded in time, or has another digest.
    """
    packaged = CONTAINERD not in agent.config.document.supply.binaries
    packages = (*PACKAGES, CONTAINERD) if packaged else PACKAGES
    install_packages(agent, packages)
    binaries = [binary for binary in BINARIES if not (packaged and binary.name in RUNTIME)]
    for binary in binaries:
        install_binary(agent, binary)
    return f"{', '.join(packages)}; {', '.join(binary.name for binary in binaries)}"
