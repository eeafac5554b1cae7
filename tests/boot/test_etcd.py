"""A member of etcd boots from its rendered user data, in a virtual machine, beside two members that are processes."""

import json
import ssl
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from support.boot import node
from support.boot.etcd_cluster import BOOTED, BootedCluster, booted_cluster
from support.controlplane.authority import Authority

BOOT_SECONDS = 420
"""The limit of a boot in software emulation: twice what it takes on two busy cores."""


@pytest.fixture(scope="module")
def cluster(
    router: str, built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Generator[BootedCluster]:
    """Three members, one of them booted."""
    with booted_cluster(router, built, tmp_path_factory.mktemp("boot")) as made:
        started = time.monotonic()
        made.launch()
        agent = made.machine.wait_said("tripod: boot-unit:", BOOT_SECONDS)
        made.attach(BOOT_SECONDS)
        made.machine.wait_until("healthy", made.healthy, BOOT_SECONDS)
        healthy = time.monotonic() - started
        made.machine.wait_said("tripod: timers:", 120)
        measured(f"etcd: power-on to agent {agent:.0f} s, to healthy {healthy:.0f} s")
        yield made


def test_a_member_boots_from_its_user_data_and_is_healthy(cluster: BootedCluster) -> None:
    assert cluster.healthy()
    assert {member["name"] for member in members(cluster)} == {"etcd-0", "etcd-1", "etcd-2"}
    assert cluster.attached() == [(cluster.instance, "/dev/sdf")]
    assert cluster.asked == cluster.published
    parameter = json.loads(cluster.environment.account.parameter(node.PATHS.initialised) or "{}")
    assert parameter["incarnation"] == node.INCARNATION


def test_a_client_of_another_authority_is_refused(cluster: BootedCluster) -> None:
    stranger = cluster.environment.network.credentials("stranger", Authority("strangers").issue("stranger"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        cluster.healthy(stranger)
    assert cluster.healthy()


def test_a_member_comes_back_with_its_data_after_a_power_cut(
    cluster: BootedCluster, measured: Callable[[str], None]
) -> None:
    before = members(cluster)
    cluster.etcdctl("put", "before-the-power-cut", "kept")
    started = time.monotonic()
    cluster.machine.reset()
    cluster.machine.wait_said("tripod: timers:", BOOT_SECONDS)
    measured(f"etcd: reset to healthy again {time.monotonic() - started:.0f} s")
    assert cluster.healthy()
    assert "membership: starts with its data" in cluster.machine.said()
    assert value(cluster, "before-the-power-cut") == "kept"
    assert members(cluster) == before


def test_a_member_comes_back_after_an_orderly_shutdown(cluster: BootedCluster, measured: Callable[[str], None]) -> None:
    cluster.etcdctl("put", "before-the-shutdown", "kept")
    cluster.machine.shut_down()
    cluster.machine.start([cluster.volume])
    again = cluster.machine.wait_until("healthy", cluster.healthy, BOOT_SECONDS)
    measured(f"etcd: power-on of an instance that has booted before to healthy {again:.0f} s")
    assert value(cluster, "before-the-shutdown") == "kept"


def test_a_blank_volume_waits_for_the_others_and_then_comes_back_as_a_learner(
    cluster: BootedCluster, measured: Callable[[str], None]
) -> None:
    cluster.etcdctl("put", "before-the-loss", "kept")
    before, same = members(cluster), cluster_id(cluster)
    cluster.lose()
    cluster.others.kill()
    cluster.launch()
    cluster.attach(BOOT_SECONDS)
    cluster.machine.wait_said(
        "the cluster was initialised, this volume is blank, and no other member answers", BOOT_SECONDS
    )
    # It neither formats the volume nor starts, let alone forms a cluster.
    assert "no other member answers: start the other members" in cluster.machine.said()
    assert "Data of this member of etcd" not in cluster.machine.said()
    with pytest.raises(ConnectionRefusedError):
        cluster.healthy()
    started = time.monotonic()
    for member in cluster.others.members:
        member.start()
    cluster.machine.wait_said("tripod: timers:", BOOT_SECONDS)
    measured(f"etcd: a blank volume, from the others' return to a vote {time.monotonic() - started:.0f} s")
    assert "comes back as a learner; its old entry" in cluster.machine.said()
    assert cluster.healthy()
    assert value(cluster, "before-the-loss") == "kept"
    assert cluster_id(cluster) == same
    after = members(cluster)
    assert {member["name"] for member in after} == {member["name"] for member in before}
    assert ids(after)[BOOTED] != ids(before)[BOOTED]
    assert not any(member.get("isLearner") for member in after)


def test_nothing_asks_the_metadata_service_without_a_token(cluster: BootedCluster) -> None:
    # cloud-init, the stub, the agent and boto3 have all been there by now.
    assert cluster.environment.metadata.refused == []


def cluster_id(cluster: BootedCluster) -> int:
    return json.loads(cluster.etcdctl("member", "list", "--write-out=json"))["header"]["cluster_id"]


def members(cluster: BootedCluster) -> list[dict[str, object]]:
    return json.loads(cluster.etcdctl("member", "list", "--write-out=json"))["members"]


def ids(found: list[dict[str, object]]) -> dict[object, object]:
    return {member["name"]: member["ID"] for member in found}


def value(cluster: BootedCluster, key: str) -> str:
    return cluster.etcdctl("get", key, "--print-value-only").strip()
