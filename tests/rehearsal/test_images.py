"""Copies of machine images: by command, in a rehearsed account."""

import json
from collections.abc import Generator
from typing import Any
from unittest.mock import patch

import pytest
from moto.ec2.responses.amis import AmisResponse

from support.account.rehearsed import Copy, Rehearsed
from support.operations.command import tripod
from support.stacks.planned import put
from tripod.operations.inventory import ClusterInventory
from tripod.stack.aws_clients import Clients

PINNED = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/20260714/arm64/hvm/ebs-gp3/ami-id"
ARM = put("tripod:images", {"arm64": PINNED})

_copy_image: Any = AmisResponse.copy_image


def _with_tags(response: Any) -> Any:
    """moto's copies take no tags and no key: they get what the request says, the key as a tag of the test's."""
    answer = _copy_image(response)
    for one in response._get_param("TagSpecifications", []):
        tags = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        if one["ResourceType"] == "image":
            key = response._get_param("KmsKeyId") if response._get_param("Encrypted") in (True, "true") else ""
            response.ec2_backend.create_tags([answer.result["ImageId"]], {**tags, "test:key": key})
    return answer


@pytest.fixture(autouse=True)
def tagged_copies() -> Generator[None]:
    with patch.object(AmisResponse, "copy_image", _with_tags):
        yield


def _own(copy: Copy) -> list[dict[str, Any]]:
    return copy.ec2.describe_images(Owners=["self"], Filters=[{"Name": "tag:cluster", "Values": ["local"]}])["Images"]


def _volume(copy: Copy) -> dict[str, Any]:
    inventory = ClusterInventory(Clients(copy.address), copy.region, copy.cluster)
    return dict(inventory.data_volumes[0])


def test_an_image_is_copied_once_with_the_clusters_key_and_tags(local: Rehearsed) -> None:
    def act(copy: Copy) -> Any:
        # An image of the publisher's, in this region.
        source = copy.client("ssm").get_parameter(Name=PINNED.removeprefix("resolve:ssm:"))["Parameter"]["Value"]
        template = {"ImageId": PINNED, "InstanceType": "m7g.large"}
        copy.ec2.create_launch_template(LaunchTemplateName="publisher", LaunchTemplateData=template)
        shown = tripod(copy, "image", "local", change=ARM)
        before = _own(copy)
        first = tripod(copy, "image", "local", "--yes", "--json", change=ARM)
        again = tripod(copy, "image", "local", "--yes", "--json", change=ARM)
        told = tripod(copy, "image", "local", change=ARM)
        copy.ec2.deregister_image(ImageId=source)
        withdrawn = tripod(copy, "image", "local", "--json", change=ARM)
        mine = json.loads(first[1][first[1].index("{") :])["images"][0]["copy"]
        set_ = tripod(copy, "image", "local", change=put("tripod:images", {"arm64": mine}))
        return source, shown, before, first, again, told, withdrawn, set_, _own(copy), _volume(copy)

    source, shown, before, first, again, told, withdrawn, set_, made, volume = local.in_a_copy(act)
    assert before == []
    assert (shown[0], f"arm64: {source} has no copy yet" in shown[1], "`--yes` does it" in shown[1]) == (0, True, True)
    (image,) = made
    tags = {tag["Key"]: tag["Value"] for tag in image["Tags"]}
    assert tags["test:key"] == volume["KmsKeyId"]
    assert tags["tripod:image-source"] == PINNED
    assert tags["tripod:role"] == "image"
    assert {tag["Key"] for tag in volume["Tags"]} - tags.keys() == {"tripod:member"}
    wanted = {
        "architecture": "arm64",
        "pinned": PINNED,
        "source": source,
        "copy": image["ImageId"],
        "state": "available",
        "key": "tripod:images.arm64",
    }
    for code, said in (first, again):
        assert code == 0
        assert json.loads(said)["images"] == [wanted]
    assert f"pulumi config set --stack local --path 'tripod:images.arm64' {image['ImageId']}" in told[1]
    # The copy stands for an image that its publisher has withdrawn.
    assert json.loads(withdrawn[1])["images"] == [{**wanted, "source": ""}]
    assert withdrawn[0] == 0
    assert f"{image['ImageId']}, the account's own" in set_[1]


def test_a_withdrawn_image_cannot_be_copied(local: Rehearsed) -> None:
    def act(copy: Copy) -> Any:
        return [tripod(copy, "image", "local", *more, change=ARM) for more in ((), ("--yes",))], _own(copy)

    told, made = local.in_a_copy(act)
    assert made == []
    for code, said in told:
        assert code == 2
        assert "cannot be launched: private, deleted, or not in this region" in said
        assert "pin a newer serial" in said


def test_a_failed_copy_is_named_with_what_to_do(local: Rehearsed) -> None:
    def act(copy: Copy) -> Any:
        template = {"ImageId": PINNED, "InstanceType": "m7g.large"}
        copy.ec2.create_launch_template(LaunchTemplateName="publisher", LaunchTemplateData=template)
        tripod(copy, "image", "local", "--yes", change=ARM)
        (image,) = _own(copy)
        from moto.ec2.models import ec2_backends  # noqa: PLC0415

        backend: Any = ec2_backends["123456789012"][copy.region]
        backend.amis[image["ImageId"]].state = "failed"
        return image["ImageId"], tripod(copy, "image", "local", "--yes", change=ARM)

    image, (code, said) = local.in_a_copy(act)
    assert code == 2
    assert f"the copy of {PINNED} is failed" in said
    assert f"aws ec2 deregister-image --image-id {image}" in said


def test_a_deletion_leaves_copies_behind_and_says_so(local: Rehearsed) -> None:
    def act(copy: Copy) -> Any:
        from tripod.operations.delete.plan import resources  # noqa: PLC0415

        template = {"ImageId": PINNED, "InstanceType": "m7g.large"}
        copy.ec2.create_launch_template(LaunchTemplateName="publisher", LaunchTemplateData=template)
        inventory = ClusterInventory(Clients(copy.address), copy.region, copy.cluster)
        before = resources(inventory)[0]
        tripod(copy, "image", "local", "--yes", change=ARM)
        return before, resources(inventory), _own(copy)[0]["ImageId"]

    before, (goes, stays), image = local.in_a_copy(act)
    assert goes == before
    assert [arn for arn in stays if arn.endswith(f"image/{image}")]
