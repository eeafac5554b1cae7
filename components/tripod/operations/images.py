"""Machine images: those that launch templates launch, and copies of them in the cluster's account.

Canonical keeps few serials of a release: older ones are deprecated, which launches withstand, and later made private or
deleted, which they do not (documentation.ubuntu.com/aws, "AWS image retention policies"). A copy stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.naming import INCARNATION_TAG, MEMBER_TAG, ROLE_TAG
from tripod.operations.errors import OperationError, Refusal
from tripod.operations.inventory import ClusterInventory, Described, NoClusterError, tags_of
from tripod.operations.waiting import Log, NotYetError, await_result
from tripod.stack.aws_clients import error_code

SOURCE_TAG = "tripod:image-source"
"""Tag of a copy: the image as the stack file pinned it."""

_PARAMETER = "resolve:ssm:"


def image_id(inventory: ClusterInventory, image: str) -> str | None:
    """The id of an image, as a launch template has it: ami-…, or a parameter; None if there is no such parameter."""
    if not image.startswith(_PARAMETER):
        return image
    try:
        return inventory.client("ssm").get_parameter(Name=image.removeprefix(_PARAMETER))["Parameter"]["Value"]
    except ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return None
        raise


def launchable_image(inventory: ClusterInventory, image: str) -> Described | None:
    """An image that instances can be launched from, deprecated or not; None if it is private, deleted, or failed."""
    found = image_id(inventory, image)
    if found is None:
        return None
    wanted = [{"Name": "image-id", "Values": [found]}, {"Name": "state", "Values": ["available"]}]
    images: list[Described] = inventory.client("ec2").describe_images(Filters=wanted, IncludeDeprecated=True)["Images"]
    return images[0] if images else None


@dataclass(frozen=True)
class PinnedImage:
    """An image of a stack file.

    Attributes:
        architecture: its architecture.
        pinned: the image as the stack file has it.
        source: its id; empty if it cannot be launched.
        copy: the id of the account's own copy, or of itself if it is the account's; empty if there is none yet.
        state: the copy's state: available, pending, failed; empty if there is none yet.
    """

    architecture: str
    pinned: str
    source: str
    copy: str = ""
    state: str = ""


@dataclass(frozen=True)
class ImagePlan:
    """Plan of copies of images.

    Attributes:
        images: the stack's images.
        refusals: reasons not to carry it out.
    """

    images: tuple[PinnedImage, ...]
    refusals: tuple[Refusal, ...]


def image_plan(inventory: ClusterInventory, pinned: Mapping[str, str]) -> ImagePlan:
    """Plan copies of a stack's images: of those that are another account's and have none in this incarnation.

    Args:
        inventory: the cluster.
        pinned: architecture → image, as the stack file has it.
    """
    images = tuple(_look_up(inventory, architecture, image) for architecture, image in sorted(pinned.items()))
    return ImagePlan(images, tuple(refusal for one in images if (refusal := _refusal(one))))


def _look_up(inventory: ClusterInventory, architecture: str, pinned: str) -> PinnedImage:
    source = launchable_image(inventory, pinned)
    source_id = source["ImageId"] if source else ""
    if source and source["OwnerId"] == inventory.account_id:
        return PinnedImage(architecture, pinned, source_id, source_id, "available")
    # Each incarnation has its own key, and what bears its tag outlives the cluster.
    tags = {SOURCE_TAG: pinned, INCARNATION_TAG: inventory.incarnation}
    filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
    for copy in inventory.client("ec2").describe_images(Owners=["self"], Filters=filters)["Images"]:
        return PinnedImage(architecture, pinned, source_id, copy["ImageId"], copy["State"])
    return PinnedImage(architecture, pinned, source_id)


def _refusal(image: PinnedImage) -> Refusal | None:
    if image.state in ("available", "pending"):
        return None
    if image.copy:
        remedy = f"aws ec2 deregister-image --image-id {image.copy}, then run this again"
        return Refusal(image.copy, f"the copy of {image.pinned} is {image.state}", remedy)
    if not image.source:
        return Refusal(
            image.pinned,
            "cannot be launched: private, deleted, or not in this region",
            f"pin a newer serial in images.{image.architecture}",
        )
    return None


def copy_images(inventory: ClusterInventory, plan: ImagePlan, retry_policy: RetryPolicy, log: Log) -> list[PinnedImage]:
    """Copy images, encrypted by the cluster's storage key, and wait until they can be launched.

    A copy that stands or is being made is not made again.

    Raises:
        OperationError: a copy failed, or was not made in time.
    """
    copies = {one.architecture: one.copy or _copy(inventory, one) for one in plan.images}
    for one in plan.images:
        copy = copies[one.architecture]
        await_result(
            f"{copy}, the copy of {one.pinned}",
            lambda copy=copy: _available(inventory, copy),
            retry_policy,
            log,
            "EC2 goes on with it: run this again",
        )
    return [
        PinnedImage(one.architecture, one.pinned, one.source, copies[one.architecture], "available")
        for one in plan.images
    ]


def _copy(inventory: ClusterInventory, image: PinnedImage) -> str:
    tags = {
        **{key: value for key, value in tags_of(_data_volume(inventory)).items() if key != MEMBER_TAG},
        "Name": f"{inventory.cluster}-{image.architecture}",
        ROLE_TAG: "image",
        SOURCE_TAG: image.pinned,
    }
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items()) if not key.startswith("aws:")]
    made = inventory.client("ec2").copy_image(
        # Unique in an account: a second copy at the same time is refused.
        Name=f"{inventory.cluster}-{inventory.incarnation}-{image.source}",
        Description=f"{image.pinned} for {inventory.cluster}"[:255],
        SourceImageId=image.source,
        SourceRegion=inventory.region,
        Encrypted=True,
        KmsKeyId=_data_volume(inventory)["KmsKeyId"],
        TagSpecifications=[{"ResourceType": kind, "Tags": listed} for kind in ("image", "snapshot")],
    )
    return made["ImageId"]


def _available(inventory: ClusterInventory, image: str) -> None:
    found: Sequence[Described] = inventory.client("ec2").describe_images(ImageIds=[image])["Images"]
    state = found[0]["State"] if found else "not listed"
    if state in ("failed", "error", "invalid", "deregistered"):
        reason = found[0].get("StateReason", {}).get("Message", "no reason given")
        raise OperationError(f"{image} is {state}: {reason}. Deregister it, and run this again")
    if state != "available":
        raise NotYetError(f"it is {state}")


def _data_volume(inventory: ClusterInventory) -> Described:
    """A volume of this incarnation, with the cluster's tags and its storage key."""
    if not inventory.data_volumes:
        raise NoClusterError(f"no data volume of {inventory.cluster!r} in {inventory.region}: bring it up first")
    return inventory.data_volumes[0]
