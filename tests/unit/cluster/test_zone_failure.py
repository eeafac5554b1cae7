from typing import Any

import pytest

from support.stacks.samples import ZONES, cluster
from tripod.cluster.zone_failure import availability

NODE = {"ha": "node"}
GROUP = {"name": "general", "instanceTypes": ["m7g.large"]}


def over(zones: int) -> dict[str, Any]:
    return {"zones": {zone: slot for slot, zone in enumerate(ZONES[:zones])}}


@pytest.mark.parametrize(
    ("zones", "members", "survives"),
    [(1, 3, False), (2, 3, False), (2, 5, False), (3, 3, True), (3, 5, True), (4, 7, True)],
)
def test_members_over_enough_zones_survive_the_loss_of_one(zones: int, members: int, survives: bool) -> None:
    found = availability(cluster(cluster=NODE, network=over(zones), etcd={"members": members}))
    assert found.tolerates_zone_failure is survives
    lost = f"etcd: {members} members over {zones} zones"
    assert any(reason.startswith(lost) for reason in found.reasons) is not survives


@pytest.mark.parametrize("zones", [1, 2, 3])
def test_a_control_plane_in_two_zones_survives_the_loss_of_one(zones: int) -> None:
    found = availability(cluster(cluster=NODE, network=over(zones)))
    assert any(reason.startswith("control plane") for reason in found.reasons) is (zones == 1)


@pytest.mark.parametrize(
    ("sections", "reasons"),
    [
        ({}, []),
        ({"etcd": {"placement": {ZONES[0]: 2, ZONES[1]: 1}}}, ["etcd: 3 members over 3 zones"]),
        ({"network": {"nat": "shared"}}, ["NAT"]),
        ({"network": {**over(1), "nat": "shared"}}, ["etcd", "control plane", "workers", "NAT"]),
        ({"workers": [{**GROUP, "zones": [ZONES[0]]}]}, ["workers"]),
        ({"workers": [{**GROUP, "minPerZone": 0}]}, ["workers"]),
        ({"workers": [{**GROUP, "name": zone, "zones": [zone]} for zone in ZONES[:2]]}, []),
    ],
)
def test_all_that_would_be_lost_with_a_zone_is_named(sections: dict[str, Any], reasons: list[str]) -> None:
    found = availability(cluster(cluster=NODE, **sections))
    assert found.tolerates_zone_failure is (reasons == [])
    for reason, start in zip(found.reasons, reasons, strict=True):
        assert reason.startswith(start)
