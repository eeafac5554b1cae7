from typing import Any

import pytest

from support.stacks.samples import ZONES, cluster
from tripod.cluster.zone_failure import availability

NODE = {"ha": "node"}


def over(zones: int) -> dict[str, Any]:
    return {"zones": {zone: slot for slot, zone in enumerate(ZONES[:zones])}}


@pytest.mark.parametrize(
    ("zones", "members", "survives"),
    [(1, 3, False), (2, 3, False), (2, 5, False), (3, 3, True), (3, 5, True), (4, 7, True)],
)
def test_members_over_enough_zones_survive_the_loss_of_one(zones: int, members: int, survives: bool) -> None:
    found = availability(cluster(cluster=NODE, network=over(zones), etcd={"members": members}))
    assert found.tolerates_zone_failure is survives
    assert (
        any(reason.startswith(f"etcd: {members} members over {zones} zones") for reason in found.reasons)
        is not survives
    )


def test_a_placement_can_lose_more_members_with_a_zone_than_dealing_them_out_would() -> None:
    etcd = {"placement": {ZONES[0]: 2, ZONES[1]: 1}}
    (reason,) = availability(cluster(cluster=NODE, etcd=etcd)).reasons
    assert reason.startswith("etcd: 3 members over 3 zones")


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_a_control_plane_in_two_zones_survives_the_loss_of_one(zones: int) -> None:
    found = availability(cluster(cluster=NODE, network=over(zones)))
    assert any(reason.startswith("control plane") for reason in found.reasons) is (zones == 1)


def test_a_cluster_in_one_zone_says_all_that_would_be_lost() -> None:
    found = availability(cluster(cluster=NODE, network={**over(1), "nat": "shared"}))
    assert [reason.split(":")[0] for reason in found.reasons] == ["etcd", "control plane", "workers", "NAT"]


def test_a_shared_nat_gateway_is_the_only_reason_of_a_spread_cluster() -> None:
    (reason,) = availability(cluster(cluster=NODE, network={"nat": "shared"})).reasons
    assert reason.startswith("NAT")


@pytest.mark.parametrize("group", [{"zones": [ZONES[0]]}, {"minPerZone": 0}])
def test_workers_kept_in_fewer_than_two_zones_are_the_only_reason(group: dict[str, Any]) -> None:
    workers = [{"name": "general", "instanceTypes": ["m7g.large"], **group}]
    (reason,) = availability(cluster(cluster=NODE, workers=workers)).reasons
    assert reason.startswith("workers")


def test_groups_of_one_zone_each_keep_workers_together() -> None:
    workers = [{"name": f"in-{zone}", "instanceTypes": ["m7g.large"], "zones": [zone]} for zone in ZONES[:2]]
    assert availability(cluster(workers=workers)).tolerates_zone_failure


def test_whatever_is_accepted_with_ha_zone_tolerates_the_failure_of_one() -> None:
    found = availability(cluster(cluster={"ha": "zone"}))
    assert (found.tolerates_zone_failure, found.reasons) == (True, ())
