from typing import Any

import pytest

from support.stacks.samples import locations
from tripod.control_plane.spec import AccessSpec, ControlPlaneSpec
from tripod.iam.spec import IssuerSpec


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, []),
        ({"perZone": 3}, []),
        ({"perZone": 0}, ["perZone"]),
        ({"perZone": 4}, ["perZone"]),
        ({"perZone": True}, ["perZone"]),
        ({"instanceType": "t2.medium"}, []),
        ({"instanceType": "t3.medium"}, []),
        ({"instanceType": "t3a.medium"}, []),
        ({"instanceType": "t4g.medium"}, []),
        ({"instanceType": "m7i.large"}, []),
        ({"instanceType": "t3.small"}, ["instanceType"]),
        ({"instanceType": "t4g.nano"}, ["instanceType"]),
        ({"instanceType": "m7g.medium"}, ["instanceType"]),
        ({"instanceType": "c6gn.medium"}, ["instanceType"]),
        ({"instanceType": "c7a.medium"}, ["instanceType"]),
        ({"instanceType": "r9z.medium"}, ["instanceType"]),
        ({"rootVolume": {"encrypted": False}}, ["rootVolume.encrypted"]),
        ({"nodeLoss": {"silentSeconds": 20, "tolerationSeconds": 0}}, []),
        ({"nodeLoss": {"silentSeconds": 19}}, ["nodeLoss.silentSeconds"]),
        ({"nodeLoss": {"silentSeconds": 601}}, ["nodeLoss.silentSeconds"]),
        ({"nodeLoss": {"tolerationSeconds": -1}}, ["nodeLoss.tolerationSeconds"]),
        ({"nodeLoss": {"tolerationSeconds": 3601}}, ["nodeLoss.tolerationSeconds"]),
        ({"outwardPorts": [22]}, ["outwardPorts[0]"]),
        ({"outwardPorts": [0]}, ["outwardPorts[0]"]),
        ({"outwardPorts": list(range(1, 10))}, ["outwardPorts"]),
        ({"perZone": 0, "instanceType": "a1.medium", "bogus": 1}, ["bogus", "perZone", "instanceType"]),
    ],
)
def test_a_control_plane_node_has_what_kubeadm_asks_for(values: dict[str, Any], where: list[str]) -> None:
    assert locations(ControlPlaneSpec.read(values)[1]) == where


PUBLIC, PRIVATE = "203.0.113.0/24", "10.9.0.0/16"


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, []),
        ({"mode": "ssm-tunnel", "allowedRanges": [PRIVATE]}, ["allowedRanges"]),
        ({"mode": "in-vpc-runner"}, []),
        ({"mode": "in-vpc-runner", "allowedRanges": [PRIVATE]}, []),
        ({"mode": "in-vpc-runner", "allowedRanges": [PRIVATE, PUBLIC]}, ["allowedRanges[1]"]),
        ({"mode": "in-vpc-runner", "allowedRanges": [PRIVATE, PRIVATE]}, ["allowedRanges[1]"]),
        ({"mode": "public-allow-list"}, ["allowedRanges"]),
        ({"mode": "public-allow-list", "allowedRanges": [PUBLIC, PRIVATE]}, []),
        ({"mode": "public-allow-list", "allowedRanges": [PUBLIC, "0.0.0.0/0"]}, ["allowedRanges[1]"]),
        ({"mode": "public-allow-list", "allowedRanges": ["0.0.0.0/1"]}, ["allowedRanges[0]"]),
        ({"mode": "public"}, ["mode"]),
        ({"tunnelPort": 1024}, []),
        ({"tunnelPort": 1023}, ["tunnelPort"]),
        ({"tunnelPort": 65536}, ["tunnelPort"]),
    ],
)
def test_the_api_is_open_to_listed_ranges_and_never_to_everybody(values: dict[str, Any], where: list[str]) -> None:
    assert locations(AccessSpec.read(values)[1]) == where


def test_the_api_is_private_unless_another_mode_is_set() -> None:
    assert (AccessSpec().mode, AccessSpec().allowed_ranges) == ("ssm-tunnel", ())


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://issuer.example.com", False),
        ("https://issuer.example.com/demo", False),
        ("https://issuer.example.com/", True),
        ("http://issuer.example.com", True),
        ("issuer.example.com", True),
        ("https://", True),
    ],
)
def test_an_issuer_is_a_url_as_tokens_name_it(url: str, refused: bool) -> None:
    assert locations(IssuerSpec.read({"publish": "url", "url": url})[1]) == (["url"] if refused else [])
