"""What a group does when its instance is gone: the same kind of instance, in the same zone, by the same name."""

import pytest

from support.account.rehearsed import Copy, Rehearsed
from support.faults.finding import of_role


def _described(copy: Copy, role: str) -> list[tuple[str, str, str, str]]:
    filters = [*of_role(role), {"Name": "instance-state-name", "Values": ["running"]}]
    found = copy.ec2.describe_instances(Filters=filters)["Reservations"]
    return sorted(
        (one["Placement"]["AvailabilityZone"], one["PrivateIpAddress"], one["InstanceType"], one["InstanceId"])
        for reservation in found
        for one in reservation["Instances"]
    )


def _terminate(copy: Copy, role: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], dict[str, list[str]]]:
    """A role's instances before and after its first is terminated, and what is broken then."""
    before = _described(copy, role)
    copy.ec2.terminate_instances(InstanceIds=[before[0][3]])
    return [*before], [*_described(copy, role)], copy.broken()


# A member keeps its address and its type beside its zone.
@pytest.mark.parametrize(("role", "kept"), [("etcd", 3), ("control-plane", 1), ("workers", 1)])
def test_a_terminated_instance_is_replaced_in_its_zone_a_member_with_its_address(
    local: Rehearsed, role: str, kept: int
) -> None:
    before, after, broken = local.in_a_copy(lambda copy: _terminate(copy, role))
    assert [one[:kept] for one in after] == [one[:kept] for one in before]
    assert {one[3] for one in after} != {one[3] for one in before}
    assert broken == {}


def test_a_members_volume_is_not_deleted_with_its_instance(local: Rehearsed) -> None:
    def volumes(copy: Copy) -> tuple[list[str], list[str]]:
        def ids() -> list[str]:
            found = copy.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["tripod:incarnation"]}])
            return sorted(one["VolumeId"] for one in found["Volumes"])

        before = ids()
        _terminate(copy, "etcd")
        return before, ids()

    before, after = local.in_a_copy(volumes)
    assert before == after != []
