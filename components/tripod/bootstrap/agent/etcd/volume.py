"""Volume of a member: found by its tags, attached, never force-detached from another instance."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..aws.client import ConflictError
from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.host import Host
from ..instance.context import Agent, Identity

MEMBER_TAG = "tripod:member"
INCARNATION_TAG = "tripod:incarnation"
CLUSTER_TAG = "cluster"

ATTACHED_AS = "/dev/sdf"
"""The device name for EC2. The instance finds the device by the volume's id."""

_BY_ID = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"
_GONE = ("deleting", "deleted")


@dataclass(frozen=True)
class Attached:
    """The volume is attached to this instance."""

    volume: str


@dataclass(frozen=True)
class Attachable:
    """The volume is free."""

    volume: str


@dataclass(frozen=True)
class Busy:
    """The volume is not free yet, with the reason."""

    reason: str


@dataclass(frozen=True)
class Unusable:
    """There is no volume that this member may use, with reason and remedy."""

    reason: str


def volume_filters(cluster: str, incarnation: str, member: str) -> list[dict[str, str | list[str]]]:
    """Filters for ``ec2:DescribeVolumes`` that select a member's volume."""
    tags = {CLUSTER_TAG: cluster, INCARNATION_TAG: incarnation, MEMBER_TAG: member}
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]


def volume_state(
    volumes: Sequence[JsonObject], member: str, identity: Identity
) -> Attached | Attachable | Busy | Unusable:
    """Determine the state of a member's volume.

    Args:
        volumes: the volumes with the member's tags, as EC2 describes them.
        member: the member.
        identity: this instance.
    """
    found = [volume for volume in volumes if volume["State"] not in _GONE]
    if not found:
        return Unusable(f"no volume bears the tags of member {member}: `pulumi up` makes it")
    if len(found) > 1:
        names = ", ".join(sorted(volume["VolumeId"] for volume in found))
        return Unusable(f"{names} all bear the tags of member {member}: take the tags off those that are not its data")
    return _state_of(found[0], identity)


def _state_of(volume: JsonObject, identity: Identity) -> Attached | Attachable | Busy | Unusable:
    name, state = volume["VolumeId"], volume["State"]
    if volume["AvailabilityZone"] != identity.zone:
        return Unusable(f"{name} is in {volume['AvailabilityZone']}, this instance in {identity.zone}: run `pulumi up`")
    if state == "available":
        return Attachable(name)
    if state not in ("in-use", "creating"):
        return Unusable(f"{name} is in the state {state}: delete it, and `pulumi up` makes another")
    for attachment in volume.get("Attachments", []):
        if attachment["InstanceId"] != identity.instance:
            return Busy(
                f"{name} is still attached to {attachment['InstanceId']}; if that instance is not ending, terminate "
                "it (never detach by force: two writers destroy the data)"
            )
        if attachment["State"] == "attached":
            return Attached(name)
        return Busy(f"{name} is {attachment['State']}")
    return Busy(f"{name} is in the state {state}")


def attach_volume(agent: Agent) -> str:
    """Attach the member's volume, and wait for its device.

    Returns:
        The device.

    Raises:
        AgentError: there is not exactly one, or another instance does not release it.
    """
    identity = agent.identity()
    volume = agent.retry("volume", lambda: _attach_once(agent, identity))
    return agent.retry("device", lambda: _device_once(agent.host, volume))


def _attach_once(agent: Agent, identity: Identity) -> str:
    document = agent.config.document
    filters = volume_filters(document.cluster, document.incarnation, agent.config.name)
    volumes: list[JsonObject] = agent.aws.call("ec2", "describe_volumes", Filters=filters)["Volumes"]
    match volume_state(volumes, agent.config.name, identity):
        case Attached(volume):
            return volume
        case Attachable(volume):
            _request_attachment(agent, volume, identity)
            raise RetryableError(f"{volume} is being attached")
        case Busy(reason):
            raise RetryableError(reason)
        case Unusable(reason):
            raise AgentError(reason)


def _request_attachment(agent: Agent, volume: str, identity: Identity) -> None:
    try:
        agent.aws.call("ec2", "attach_volume", VolumeId=volume, InstanceId=identity.instance, Device=ATTACHED_AS)
    except ConflictError as error:
        raise RetryableError(str(error)) from error


def _device_once(host: Host, volume: str) -> str:
    device = device_of(host, volume)
    if device is None:
        raise RetryableError(f"{volume} is attached, but its device is not there yet")
    return device


def device_of(host: Host, volume: str) -> str | None:
    """Find a volume's block device by its serial number: the volume's id without the dash."""
    serial = volume.replace("-", "")
    link = host.path(f"{_BY_ID}{serial}")
    if link.is_symlink():
        return f"/dev/{link.readlink().name}"
    # Without a udev link, sysfs has the serial number: NVMe at the device, virtio at the disk.
    for disk in sorted(host.path("/sys/block").glob("*")):
        for place in ("device/serial", "serial"):
            file = disk / place
            if file.is_file() and file.read_text().strip() == serial:
                return f"/dev/{disk.name}"
    return None
