import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import moto
import pytest

from tripod.compute.instance_types import Architecture, architecture, instance_type_problems


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """Instance types as moto recorded them from AWS, except Macs."""
    packed = (Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz").read_bytes()
    types: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed))
    return {name: type_ for name, type_ in types.items() if not name.startswith("mac")}


def test_the_architecture_follows_from_the_name_of_every_type_that_aws_has() -> None:
    def actual(type_: dict[str, Any]) -> str:
        return "arm64" if "arm64" in type_["ProcessorInfo"]["SupportedArchitectures"] else "amd64"

    wrong = {name for name, type_ in recorded().items() if architecture(name) != actual(type_)}
    assert wrong == set()
    assert len(recorded()) > 1000


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("m7g.large", Architecture.ARM64),
        ("c7gn.medium", Architecture.ARM64),
        ("a1.xlarge", Architecture.ARM64),
        ("g5g.xlarge", Architecture.ARM64),
        ("t3.micro", Architecture.AMD64),
        ("g5.xlarge", Architecture.AMD64),
        ("m7i-flex.large", Architecture.AMD64),
        ("u-12tb1.112xlarge", Architecture.AMD64),
        ("u7i-12tb.224xlarge", Architecture.AMD64),
        ("m7g.metal", Architecture.ARM64),
        ("mac2.metal", None),
        ("m7g", None),
        ("M7G.large", None),
        ("m7g.large ", None),
        ("", None),
    ],
)
def test_a_name_tells_the_architecture_or_is_none(name: str, expected: Architecture | None) -> None:
    assert architecture(name) == expected


def test_a_type_needs_an_image_of_its_architecture() -> None:
    images = {"amd64": "ami-1"}
    assert list(instance_type_problems("m7i.large", images, ("x",))) == []
    (problem,) = instance_type_problems("m7g.large", images, ("x",))
    assert problem.given == "'m7g.large' (arm64)"
    assert "images has amd64" in problem.allowed
    assert problem.remedy.startswith("add images.arm64")


def test_a_name_that_is_none_is_not_said_to_lack_an_image() -> None:
    (problem,) = instance_type_problems("large", {}, ("etcd", "instance_type"))
    assert problem.location == "etcd.instanceType"
    assert problem.remedy == "correct the name"
