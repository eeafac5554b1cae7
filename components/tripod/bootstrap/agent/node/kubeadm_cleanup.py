"""Clean-up after an interrupted kubeadm, and the marker of its completion.

kubeadm does not run twice on one instance: it finds its own manifests, and the ports of their pods in use. So its
files are removed before the next try. All of them can be made again: a control-plane node keeps no state of its
own. State is in etcd, on other instances, and in the cluster's secrets.

`kubeadm reset` is not used. It would remove the shared files and the kubelet's certificate too, and its handling of
etcd and the cluster's own objects changes from version to version.
"""

from collections.abc import Iterable

from ..core.errors import AgentError
from ..host.host import CommandError, Host
from ..instance.context import Agent
from .kubelet_unit import UNIT
from .paths import (
    ADMIN,
    BOOTSTRAP_KUBELET,
    CLUSTER_CA,
    CONTROLLER_MANAGER,
    KUBELET,
    MANIFESTS,
    PKI,
    SCHEDULER,
    SUPER_ADMIN,
)

STATIC_PODS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")

CONTROL_PLANE_LEFTOVERS = (
    *(f"{MANIFESTS}/{name}.yaml" for name in STATIC_PODS),
    ADMIN,
    SUPER_ADMIN,
    CONTROLLER_MANAGER,
    SCHEDULER,
    KUBELET,
    *(
        f"{PKI}/{name}.{kind}"
        for name in ("apiserver", "apiserver-kubelet-client", "front-proxy-client")
        for kind in ("crt", "key")
    ),
)
"""Files of `kubeadm init`. A certificate may exist without its key, since they are written one by one."""

WORKER_LEFTOVERS = (KUBELET, BOOTSTRAP_KUBELET, CLUSTER_CA)
"""Files of `kubeadm join`, which fails if it finds them. The kubelet's keys stay: the approver denies another key."""


def is_done(agent: Agent, marker: str) -> bool:
    """Return True if kubeadm, or what else the marker stands for, has completed on this instance.

    Args:
        agent: the instance.
        marker: the marker of completion.

    Raises:
        AgentError: it has, for another cluster.
    """
    found = agent.host.read(marker)
    incarnation = agent.config.document.incarnation
    if found is not None and found.strip() != incarnation:
        raise AgentError(
            f"{marker} says that this instance belongs to incarnation {found.strip()}, it is told {incarnation}: "
            "terminate it, its group makes another"
        )
    return found is not None


def mark_done(agent: Agent, marker: str) -> None:
    """Write a marker of completion."""
    agent.host.write(marker, f"{agent.config.document.incarnation}\n")


def clean_up_kubeadm(agent: Agent, marker: str, leftovers: Iterable[str]) -> str:
    """Remove files and pods of an interrupted kubeadm.

    Args:
        agent: the instance.
        marker: the marker of kubeadm's completion.
        leftovers: the files that kubeadm makes.

    Raises:
        AgentError: something does not stop.
    """
    if is_done(agent, marker):
        return "kubeadm is done"
    left = [path for path in leftovers if agent.host.path(path).exists()]
    if not left:
        return "nothing is left of an earlier try"
    # The kubelet first, since it would start again what is stopped after it.
    agent.host.run("systemctl", "stop", UNIT)
    _remove_pods(agent.host)
    for path in left:
        agent.host.path(path).unlink()
    return f"removed {len(left)} files of an earlier try, and its pods"


def _remove_pods(host: Host) -> None:
    """Remove every pod. Stopping the kubelet stops none, and kubeadm needs their ports."""
    ids = host.run("crictl", "pods", "--quiet").split()
    for pod in ids:
        try:
            host.run("crictl", "rmp", "--force", pod)
        except CommandError:
            # It may have gone by itself since the list was made.
            if pod in host.run("crictl", "pods", "--quiet").split():
                raise
