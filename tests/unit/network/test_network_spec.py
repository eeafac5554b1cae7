from collections.abc import Callable
from typing import Any

import pytest

from support.stacks.samples import adopted_vpc, ec2_id, locations
from tripod.network.spec import NetworkSpec
from tripod.network.zones import in_slot_order, zone_problems

PLAIN: dict[str, Any] = {"cidr": "10.0.0.0/16", "zones": {"eu-west-1a": 0, "eu-west-1b": 1}}


def adopted() -> dict[str, Any]:
    return {**PLAIN, "zones": {**PLAIN["zones"]}, "adopt": adopted_vpc(*PLAIN["zones"])}


def where(values: dict[str, Any]) -> list[str]:
    return locations(NetworkSpec.read(values)[1])


def test_a_network_and_an_adopted_one_have_no_problem() -> None:
    assert where(PLAIN) == []
    assert where(adopted()) == []


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"cidr": "11.1.0.0/16"}, "cidr"),
        ({"cidr": "10.0.0.0/15"}, "cidr"),
        ({"cidr": "10.0.0.0/22"}, "cidr"),
        ({"cidr": "10.0.0.1/16"}, "cidr"),
        ({"podCidr": "10.0.128.0/17"}, "podCidr"),
        ({"podCidr": "8.0.0.0/14"}, "podCidr"),
        ({"podCidr": "100.64.0.0/21"}, "podCidr"),
        ({"serviceCidr": "100.64.0.0/16"}, "serviceCidr"),
        ({"serviceCidr": "100.80.0.0/25"}, "serviceCidr"),
        ({"serviceCidr": "10.0.255.0/24"}, "serviceCidr"),
        ({"zones": {}}, "zones"),
        ({"zones": {"eu-west-1a": 4}}, "zones.eu-west-1a"),
        ({"zones": {"eu-west-1a": -1}}, "zones.eu-west-1a"),
        ({"zones": {"eu-west-1a": 1, "eu-west-1b": 1}}, "zones.eu-west-1b"),
        ({"zones": {"eu-west-1a": "first"}}, "zones.eu-west-1a"),
        ({"zones": {"eu-west-1a": True}}, "zones.eu-west-1a"),
        ({"flowLogDays": 100}, "flowLogDays"),
        ({"flowLogDays": 0}, "flowLogDays"),
        ({"nat": "none"}, "nat"),
        ({"bucketAccounts": ["123456789012", "12345678901"]}, "bucketAccounts[1]"),
        ({**adopted(), "bucketAccounts": ["123456789012"]}, "bucketAccounts"),
        ({"cni": "calico"}, "cni"),
    ],
)
def test_each_rule_names_the_field_that_breaks_it(changes: dict[str, Any], location: str) -> None:
    assert where({**PLAIN, **changes}) == [location]


def test_the_ranges_that_nothing_else_may_share_are_all_three() -> None:
    ranges = NetworkSpec.load(PLAIN).ranges
    assert set(ranges) == {("cidr",), ("pod_cidr",), ("service_cidr",)}
    assert str(ranges["cidr",]) == "10.0.0.0/16"


@pytest.mark.parametrize(
    ("subnet", "changes", "field"),
    [
        ("eu-west-1a.nodes", {"cidr": "10.1.0.0/24"}, "cidr"),  # outside of the VPC
        ("eu-west-1a.nodes", {"cidr": "10.0.1.1/24"}, "cidr"),  # with host bits
        ("eu-west-1a.public", {"cidr": "somewhere"}, "cidr"),
        ("eu-west-1b.nodes", {"cidr": "10.0.1.0/25"}, "cidr"),  # within another
        ("eu-west-1b.control", {"cidr": "10.0.18.0/27"}, "cidr"),  # too small
        ("eu-west-1b.nodes", {"id": ec2_id("sn")}, "id"),
        ("eu-west-1b.control", {"name": "x"}, "name"),  # an unknown key
    ],
)
def test_an_adopted_subnet_that_cannot_carry_a_cluster_is_refused(
    subnet: str, changes: dict[str, Any], field: str
) -> None:
    values = adopted()
    zone, tier = subnet.split(".")
    values["adopt"]["zones"][zone][tier].update(changes)
    assert where(values) == [f"adopt.zones.{subnet}.{field}"]


BREAKS: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    ("a zone without subnets", lambda v: v["adopt"]["zones"].pop("eu-west-1b"), "adopt.zones"),
    ("subnets without a zone", lambda v: v["zones"].pop("eu-west-1b"), "adopt.zones.eu-west-1b"),
    ("no route table", lambda v: v["adopt"]["privateRouteTables"].clear(), "adopt.privateRouteTables"),
    ("no id of a VPC", lambda v: v["adopt"].update(vpcId="vpc-1"), "adopt.vpcId"),
    ("no id of a table", lambda v: v["adopt"]["privateRouteTables"].append("rtb-x"), "adopt.privateRouteTables[1]"),
]


@pytest.mark.parametrize(("change", "location"), [case[1:] for case in BREAKS], ids=[case[0] for case in BREAKS])
def test_what_cannot_carry_a_cluster_is_refused_by_the_configuration_alone(
    change: Callable[[dict[str, Any]], Any], location: str
) -> None:
    values = adopted()
    change(values)
    assert where(values) == [location]


def test_public_subnets_of_an_adopted_vpc_may_be_left_out_and_small_where_they_are_not_for_control() -> None:
    values = adopted()
    values["adopt"]["zones"]["eu-west-1a"].pop("public")
    second = values["adopt"]["zones"]["eu-west-1b"]
    second["nodes"]["cidr"], second["control"]["cidr"] = "10.0.17.0/27", "10.0.18.0/26"
    assert where(values) == []


def test_zones_that_the_account_does_not_see_are_answered_with_those_that_it_sees() -> None:
    zones = {"eu-west-1a": 0, "eu-west-1x": 1}
    (problem,) = zone_problems(zones, "eu-west-1", ["eu-west-1a", "eu-west-1b"], ("zones",))
    assert problem.location == "zones.eu-west-1x"
    assert problem.allowed == "a zone of eu-west-1 that this account has: eu-west-1a, eu-west-1b"


def test_things_are_placed_in_the_order_of_slots_however_zones_are_listed() -> None:
    assert in_slot_order({"c": 2, "a": 3, "b": 0}) == [("b", 0), ("c", 2), ("a", 3)]
