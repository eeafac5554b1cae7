from pathlib import Path

import pytest

from support.agent.instance import Reply, failed
from support.agent.kubernetes_nodes import FakeInstance, control_plane, node_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.host.host import CommandError
from tripod.bootstrap.agent.node.kubeadm_cleanup import (
    CONTROL_PLANE_LEFTOVERS,
    WORKER_LEFTOVERS,
    clean_up_kubeadm,
    is_done,
    mark_done,
)
from tripod.bootstrap.agent.node.paths import (
    CONTROL_PLANE_MARKER,
    ENCRYPTION,
    ETCD_CLIENT_KEY,
    KUBELET_CLIENT,
    MANIFESTS,
    PKI,
    WORKER_MARKER,
)

STAYING = (f"{PKI}/ca.key", f"{PKI}/sa.key", ETCD_CLIENT_KEY, ENCRYPTION, KUBELET_CLIENT)
"""What kubeadm does not write: fetched, issued, or the kubelet's own."""


def interrupted(folder: Path, **more: Reply) -> FakeInstance:
    pods = iter(["pod-1\npod-2\n"])
    replies: dict[str, Reply] = {
        "systemctl stop kubelet.service": "",
        "crictl pods": lambda *_: next(pods, ""),
        "crictl rmp": "",
        **more,
    }
    standing = node_instance(folder, control_plane(), replies)
    for path in (*CONTROL_PLANE_LEFTOVERS, *STAYING):
        standing.machine.write(path, "something")
    return standing


def test_what_an_interrupted_init_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    standing = interrupted(tmp_path)
    said = clean_up_kubeadm(standing.agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS)
    assert said == f"removed {len(CONTROL_PLANE_LEFTOVERS)} files of an earlier try, and its pods"
    assert not [path for path in CONTROL_PLANE_LEFTOVERS if standing.machine.path(path).exists()]
    assert [path for path in STAYING if standing.machine.path(path).exists()] == list(STAYING)
    # The kubelet would start again what is stopped before it.
    assert standing.machine.commands[0] == "systemctl stop kubelet.service"
    assert standing.machine.ran("crictl rmp") == ["crictl rmp --force pod-1", "crictl rmp --force pod-2"]


def test_once_kubeadm_is_done_nothing_of_it_is_touched(tmp_path: Path) -> None:
    standing = interrupted(tmp_path)
    mark_done(standing.agent, CONTROL_PLANE_MARKER)
    assert clean_up_kubeadm(standing.agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS) == "kubeadm is done"
    assert standing.machine.commands == []
    assert standing.machine.path(f"{MANIFESTS}/kube-apiserver.yaml").exists()


def test_a_first_try_finds_nothing_to_clean(tmp_path: Path) -> None:
    standing = node_instance(tmp_path, control_plane())
    assert "nothing is left" in clean_up_kubeadm(standing.agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS)
    assert standing.machine.commands == []


def test_a_single_file_left_is_cleaned_up(tmp_path: Path) -> None:
    for path in (*CONTROL_PLANE_LEFTOVERS, *WORKER_LEFTOVERS):
        standing = node_instance(tmp_path, control_plane(), {"systemctl": "", "crictl": ""})
        standing.machine.write(path, "something")
        leftovers = CONTROL_PLANE_LEFTOVERS if path in CONTROL_PLANE_LEFTOVERS else WORKER_LEFTOVERS
        assert "removed 1 files" in clean_up_kubeadm(standing.agent, CONTROL_PLANE_MARKER, leftovers)


def test_a_pod_that_went_by_itself_stops_nothing_and_one_that_stays_does(tmp_path: Path) -> None:
    gone = interrupted(tmp_path / "gone", **{"crictl rmp": failed("not found")})
    assert "removed" in clean_up_kubeadm(gone.agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS)
    stays = interrupted(tmp_path / "stays", **{"crictl rmp": failed("it hangs"), "crictl pods": "pod-1"})
    with pytest.raises(CommandError, match="it hangs"):
        clean_up_kubeadm(stays.agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS)
    # Its ports are still taken, and the next try must see that there was an earlier one.
    assert stays.machine.path(f"{MANIFESTS}/kube-apiserver.yaml").exists()


@pytest.mark.parametrize("marker", [CONTROL_PLANE_MARKER, WORKER_MARKER])
def test_an_instance_of_another_incarnation_goes_no_further(marker: str, tmp_path: Path) -> None:
    standing = node_instance(tmp_path, control_plane())
    assert not is_done(standing.agent, marker)
    standing.machine.write(marker, "ffffffff\n")
    with pytest.raises(AgentError, match="belongs to incarnation ffffffff, it is told 0a1b2c3d: terminate it"):
        is_done(standing.agent, marker)
    mark_done(standing.agent, marker)
    assert is_done(standing.agent, marker)
