from typing import Any

import pytest

from support.stacks.samples import AMI, locations
from tripod.compute.spec import ImagesSpec, VolumeSpec

DATED = "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/20260714/amd64/hvm/ebs-gp3/ami-id"


@pytest.mark.parametrize("image", [AMI, "ami-01234567", DATED, DATED.replace("20260714", "20260714.1")])
def test_a_pinned_image_is_taken(image: str) -> None:
    assert ImagesSpec.read({"amd64": image})[1] == []


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        ("ubuntu-24.04", "pin an image"),
        ("ami-xyz", "pin an image"),
        ("ami-0123456", "pin an image"),
        ("/aws/service/canonical/20260714/ami-id", "pin an image"),
        ("resolve:ssm:my image", "pin an image"),
        (DATED.replace("20260714", "current"), "pin the serial"),
        (DATED.replace("20260714", "2026"), "pin the serial"),
    ],
)
def test_an_image_that_would_be_another_machine_tomorrow_is_refused(image: str, remedy: str) -> None:
    (problem,) = ImagesSpec.read({"arm64": image})[1]
    assert (problem.location, problem.given) == ("arm64", repr(image))
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize("values", [{}, {"amd64": None}, {"arm64": ""}])
def test_without_any_image_nothing_can_boot(values: dict[str, Any]) -> None:
    assert [problem.given for problem in ImagesSpec.read(values)[1]] == ["no image"]


def test_images_are_known_by_architecture() -> None:
    assert ImagesSpec.load({"arm64": AMI}).by_architecture() == {"arm64": AMI}


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, []),
        ({"sizeGib": 8}, []),
        ({"sizeGib": 16384}, []),
        ({"sizeGib": 7}, ["sizeGib"]),
        ({"sizeGib": 16385}, ["sizeGib"]),
        ({"iops": 2999}, ["iops"]),
        ({"iops": 1}, ["iops"]),
        ({"iops": True}, ["iops"]),
        ({"sizeGib": 8, "iops": 4000}, []),
        ({"sizeGib": 8, "iops": 4001}, ["iops"]),
        ({"sizeGib": 100, "iops": 16000}, []),
        ({"sizeGib": 100, "iops": 16001}, ["iops"]),
        ({"throughput": 124}, ["throughput"]),
        ({"throughput": 750}, []),
        ({"throughput": 751}, ["throughput"]),
        ({"iops": 4000, "throughput": 1000}, []),
        ({"iops": 6000, "throughput": 1001}, ["throughput"]),
        ({"encrypted": False}, ["encrypted"]),
        ({"encrypted": False, "sizeGib": 1}, ["encrypted", "sizeGib"]),
    ],
)
def test_a_disk_is_encrypted_and_within_what_gp3_can_do(values: dict[str, Any], where: list[str]) -> None:
    assert locations(VolumeSpec.read(values)[1]) == where


def test_turning_encryption_off_is_answered_with_why_not() -> None:
    (problem,) = VolumeSpec.read({"encrypted": False})[1]
    assert "always encrypted" in problem.allowed
    assert "cannot be added later" in problem.remedy
