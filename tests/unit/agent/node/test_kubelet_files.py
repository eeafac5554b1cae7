"""The kubelet's files on a worker, after kubeadm's join."""

from pathlib import Path

from support.agent.kubernetes_nodes import node_instance, worker
from tripod.bootstrap.agent.node.paths import KUBELET, KUBELET_CLIENT, KUBELET_STATE
from tripod.bootstrap.agent.workers.join import join

WRITTEN = tuple(f"{KUBELET_STATE}/{name}" for name in ("config.yaml", "instance-config.yaml", "kubeadm-flags.env"))
"""Files that kubeadm makes with mode 0644 (cmd/kubeadm/app/phases/kubelet, config.go and flags.go)."""


def test_only_root_reads_what_kubeadm_has_written(tmp_path: Path) -> None:
    standing = node_instance(tmp_path, worker(), {"systemctl": ""})

    def kubeadm(*_: str) -> str:
        for path in (*WRITTEN, KUBELET, KUBELET_CLIENT):
            standing.agent.host.write(path, "written", 0o644 if path in WRITTEN else 0o600)
        return ""

    standing.machine.replies["kubeadm join"] = kubeadm
    join(standing.agent)
    assert {standing.machine.path(path).stat().st_mode & 0o777 for path in WRITTEN} == {0o600}
