import re
from pathlib import Path
from typing import Any

import pytest

import tripod.core.naming
from support.agent.emulated_ec2 import launch, make_volume, show_device
from support.agent.instance import INSTANCE, ZONE, FakeInstance, aws, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd import volume as module
from tripod.bootstrap.agent.etcd.volume import (
    Attachable,
    Attached,
    Busy,
    Unusable,
    attach_volume,
    device_of,
    volume_filters,
    volume_state,
)
from tripod.bootstrap.agent.host.host import Host
from tripod.bootstrap.agent.instance.context import Identity

IDENTITY = Identity(INSTANCE, ZONE, "10.0.192.16")
VOLUME = "vol-0123456789abcdef0"


def described(state: str, attachment: str = "", to: str = INSTANCE, zone: str = ZONE) -> dict[str, Any]:
    attachments = [{"InstanceId": to, "State": attachment}] if attachment else []
    return {"VolumeId": VOLUME, "State": state, "AvailabilityZone": zone, "Attachments": attachments}


STATES: dict[str, tuple[list[dict[str, Any]], type, str]] = {
    "free": ([described("available")], Attachable, ""),
    "its own": ([described("in-use", "attached")], Attached, ""),
    "free, beside one that is being deleted": ([described("deleting"), described("available")], Attachable, ""),
    "being made": ([described("creating")], Busy, "creating"),
    "being attached": ([described("in-use", "attaching")], Busy, "attaching"),
    "being detached": ([described("in-use", "detaching")], Busy, "detaching"),
    "another's": ([described("in-use", "attached", to="i-9")], Busy, "still attached to i-9.*never detach by force"),
    "another's, which lets go": ([described("in-use", "detaching", to="i-9")], Busy, "still attached to i-9"),
    "in use by nobody that is named": ([described("in-use")], Busy, "in-use"),
    "none": ([], Unusable, "pulumi up"),
    "deleted": ([described("deleted")], Unusable, "pulumi up"),
    "two": ([described("available"), described("available")], Unusable, "take the tags off"),
    "in another zone": (
        [described("available", zone="us-west-2b")],
        Unusable,
        "us-west-2b, this instance in us-west-2a",
    ),
    "broken": ([described("error")], Unusable, "in the state error"),
}


@pytest.mark.parametrize("case", STATES)
def test_what_can_be_done_with_a_volume(case: str) -> None:
    volumes, kind, reason = STATES[case]
    found = volume_state(volumes, "0-0", IDENTITY)
    assert isinstance(found, kind)
    if isinstance(found, (Busy, Unusable)):
        assert re.search(reason, found.reason)


def test_a_volume_is_found_by_the_tags_that_pulumi_gives_it() -> None:
    assert (module.MEMBER_TAG, module.INCARNATION_TAG) == (
        tripod.core.naming.MEMBER_TAG,
        tripod.core.naming.INCARNATION_TAG,
    )
    assert "cluster" in tripod.core.naming.OWNER_TAG_KEYS
    assert volume_filters("demo", "0a1b2c3d", "0-0") == [
        {"Name": "tag:cluster", "Values": ["demo"]},
        {"Name": "tag:tripod:incarnation", "Values": ["0a1b2c3d"]},
        {"Name": "tag:tripod:member", "Values": ["0-0"]},
    ]


@pytest.mark.parametrize(
    "link", ["nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0", "device/serial", "serial"], ids=str
)
def test_the_device_is_found_by_the_volumes_id(tmp_path: Path, link: str) -> None:
    """On EC2 by udev's link, elsewhere by the serial number of an NVMe or a virtio disk."""
    host = Host(tmp_path)
    assert device_of(host, VOLUME) is None
    host.write("/sys/block/nvme0n1/device/serial", "vol9999\n")
    if link.startswith("nvme"):
        by_id = host.path("/dev/disk/by-id")
        by_id.mkdir(parents=True)
        (by_id / link).symlink_to("../../nvme1n1")
    else:
        host.write(f"/sys/block/nvme1n1/{link}", "vol0123456789abcdef0\n")
    assert device_of(host, VOLUME) == "/dev/nvme1n1"


# With the emulated AWS


def on_instance(folder: Path) -> FakeInstance:
    """An agent whose metadata service has the id of an instance that exists."""
    made = member_instance(folder)
    made.metadata.entries["meta-data/instance-id"] = launch()["InstanceId"]
    return made


def test_a_free_volume_is_attached_once(account: None, tmp_path: Path) -> None:
    on = on_instance(tmp_path)
    make_volume("1-0")
    make_volume(incarnation="ffffffff")
    volume = make_volume()
    show_device(on, volume)
    assert attach_volume(on.agent) == "/dev/nvme1n1"
    assert attach_volume(on.agent) == "/dev/nvme1n1"
    assert on.cloud.calls.count("attach_volume") == 1
    (attachment,) = aws("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"]
    assert attachment["InstanceId"] == on.agent.identity().instance


def test_a_volume_that_another_instance_has_is_waited_for_and_never_taken(account: None, tmp_path: Path) -> None:
    on, other, volume = on_instance(tmp_path), launch()["InstanceId"], make_volume()
    show_device(on, volume)
    aws("ec2").attach_volume(VolumeId=volume, InstanceId=other, Device="/dev/sdf")
    with pytest.raises(AgentError, match=f"volume: {volume} is still attached to {other}.*gave up after 600 s"):
        attach_volume(on.agent)
    assert on.lines[0].endswith("trying again")
    assert "attach_volume" not in on.cloud.calls
    assert not [call for call in on.cloud.calls if "detach" in call]
    aws("ec2").detach_volume(VolumeId=volume, InstanceId=other)
    assert attach_volume(on.agent) == "/dev/nvme1n1"


@pytest.mark.parametrize("code", ["VolumeInUse", "IncorrectState"])
def test_a_volume_that_is_taken_while_it_is_being_attached_is_looked_at_again(
    account: None, tmp_path: Path, code: str
) -> None:
    on, volume = on_instance(tmp_path), make_volume()
    show_device(on, volume)
    on.cloud.faults["attach_volume"] = [code]
    assert attach_volume(on.agent) == "/dev/nvme1n1"
    assert on.cloud.calls.count("describe_volumes") == 3
    assert any(code in line for line in on.lines)


def test_a_device_that_does_not_come_is_named(account: None, tmp_path: Path) -> None:
    on, volume = on_instance(tmp_path), make_volume()
    with pytest.raises(AgentError, match=f"device: {volume} is attached, but its device is not there"):
        attach_volume(on.agent)


def test_no_volume_and_two_volumes_stop_at_once(account: None, tmp_path: Path) -> None:
    on = on_instance(tmp_path)
    with pytest.raises(AgentError, match="no volume bears the tags of member 0-0"):
        attach_volume(on.agent)
    volumes = sorted((make_volume(), make_volume()))
    with pytest.raises(AgentError, match=f"{volumes[0]}, {volumes[1]} all bear the tags"):
        attach_volume(on.agent)
    assert on.clock.time == 0
