from typing import Any

import pytest

from support.stacks.samples import locations
from tripod.etcd.spec import EtcdSpec


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, []),
        ({"members": 5}, []),
        ({"members": 4}, ["members"]),
        ({"members": True}, ["members"]),
        ({"placement": {"a": 2, "b": 1}}, []),
        ({"placement": {"a": "two", "b": 1}}, ["placement.a"]),
        ({"placement": {"a": True, "b": 2}}, ["placement.a"]),
        ({"placement": 3}, ["placement"]),
        ({"volume": {"sizeGib": 20}}, []),
        ({"volume": {"sizeGib": 19}}, ["volume.sizeGib"]),
        ({"volume": {"encrypted": False}}, ["volume.encrypted"]),
        ({"rootVolume": {"encrypted": False}}, ["rootVolume.encrypted"]),
        ({"rootVolume": {"sizeGib": 8}}, []),
        ({"snapshots": {"intervalMinutes": 5, "retentionDays": 1}}, []),
        ({"snapshots": {"intervalMinutes": 1440, "retentionDays": 3650}}, []),
        ({"snapshots": {"intervalMinutes": 4}}, ["snapshots.intervalMinutes"]),
        ({"snapshots": {"intervalMinutes": 1441}}, ["snapshots.intervalMinutes"]),
        ({"snapshots": {"retentionDays": 0}}, ["snapshots.retentionDays"]),
        ({"snapshots": {"retentionDays": 3651}}, ["snapshots.retentionDays"]),
        ({"members": 2, "volume": {"iops": 1}, "metrics": "perhaps"}, ["metrics", "volume.iops", "members"]),
    ],
)
def test_members_disks_and_snapshots_have_their_limits(values: dict[str, Any], where: list[str]) -> None:
    assert locations(EtcdSpec.read(values)[1]) == where
