"""Instances and volumes of the emulated account."""

from collections.abc import Mapping
from typing import Any

from support.agent.instance import ZONE, FakeInstance, aws, image

WORKER_TAGS = {"cluster": "demo", "kubernetes.io/cluster/demo": "owned", "tripod:role": "workers"}


def _tagged(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]


def make_volume(member: str = "0-0", incarnation: str = "0a1b2c3d") -> str:
    """Create the volume of a member of etcd, and return its id."""
    tags = _tagged("volume", {"cluster": "demo", "tripod:incarnation": incarnation, "tripod:member": member})
    return aws("ec2").create_volume(AvailabilityZone=ZONE, Size=20, TagSpecifications=tags)["VolumeId"]


def launch(tags: Mapping[str, str] = WORKER_TAGS) -> dict[str, Any]:
    """Launch an instance, by default a worker, and return its description."""
    ec2, place = aws("ec2"), {"AvailabilityZone": ZONE}
    made = ec2.run_instances(
        ImageId=image(), MinCount=1, MaxCount=1, Placement=place, TagSpecifications=_tagged("instance", tags)
    )
    found = ec2.describe_instances(InstanceIds=[made["Instances"][0]["InstanceId"]])
    return found["Reservations"][0]["Instances"][0]


def show_device(on: FakeInstance, volume: str) -> None:
    """Show a volume as a block device of an instance."""
    on.machine.write("/sys/block/nvme1n1/device/serial", volume.replace("-", ""))
