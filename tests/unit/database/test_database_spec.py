from ipaddress import IPv4Network
from typing import Any

import pytest

from support.stacks.samples import ATTACHED, ec2_id, locations
from tripod.core.problems import Path
from tripod.database.spec import PeerSpec, clear_secret_problems, peer_problems

PEER = ATTACHED
DATABASE = PEER["databases"][0]
EXAMPLE: dict[str, Any] = {"name": "try", "cidr": "10.91.0.0/24", "example": {"zones": ["us-west-2a", "us-west-2b"]}}
RANGES: dict[Path, IPv4Network] = {
    ("network", "cidr"): IPv4Network("10.0.0.0/16"),
    ("network", "pod_cidr"): IPv4Network("100.64.0.0/14"),
}


def where(values: dict[str, Any]) -> list[str]:
    return locations(PeerSpec.read(values)[1])


def peers(*values: dict[str, Any]) -> tuple[PeerSpec, ...]:
    return tuple(PeerSpec.load(value) for value in values)


def among(*values: dict[str, Any]) -> list[str]:
    return locations(peer_problems(peers(*values), RANGES, ("peers",)))


def test_an_attached_database_and_an_example_have_no_problem_and_each_has_two_zones() -> None:
    assert where(PEER) == []
    assert where(EXAMPLE) == []
    assert where({**EXAMPLE, "example": {"zones": ["us-west-2a"]}}) == ["example.zones"]


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"name": "Shared"}, "name"),
        ({"name": "a" * 21}, "name"),
        ({"cidr": "11.0.0.0/16"}, "cidr"),
        ({"cidr": "10.99.0.0/29"}, "cidr"),
        ({"vpcId": None}, "vpcId"),
        ({"vpcId": "vpc-1"}, "vpcId"),
        ({"routeTables": []}, "routeTables"),
        ({"routeTables": [ec2_id("rtb"), ec2_id("vpc")]}, "routeTables[1]"),
        ({"databases": []}, "databases"),
        ({"example": EXAMPLE["example"]}, "example"),
        ({"accept": "later"}, "accept"),
        ({"accountId": "1234", "roleArn": "arn:aws:iam::123456789012:role/peer"}, "accountId"),
        ({"active": False}, "active"),
    ],
)
def test_each_rule_of_a_peer_names_the_field_that_breaks_it(changes: dict[str, Any], location: str) -> None:
    assert where({**PEER, **changes}) == [location]


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"name": "Orders"}, "name"),
        ({"name": "a" * 31}, "name"),
        ({"endpoint": "10.99.0.7"}, "endpoint"),
        ({"endpoint": "10.99.0.7:5432"}, "endpoint"),
        ({"endpoint": "orders"}, "endpoint"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"port": True}, "port"),
        ({"securityGroup": "default"}, "securityGroup"),
        ({"zones": ["us-west-2a"]}, "zones"),
        ({"zones": ["us-west-2a", "us-west-2a"]}, "zones"),
        ({"zones": []}, "zones"),
        ({"credentials": {}}, "credentials"),
        ({"credentials": {"secretName": "a", "value": "b"}}, "credentials"),
        ({"credentials": {"password": "b"}}, "credentials.password"),
        ({"bogus": 1}, "bogus"),
    ],
)
def test_each_rule_of_a_database_names_the_field_that_breaks_it(changes: dict[str, Any], location: str) -> None:
    assert where({**PEER, "databases": [{**DATABASE, **changes}]}) == [f"databases[0].{location}"]


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("17", []),
        ("9", ["example.engineVersion"]),
        ("17.6", ["example.engineVersion"]),
        ("latest", ["example.engineVersion"]),
    ],
)
def test_an_examples_version_is_a_major_one_whose_minor_ones_come_and_go(version: str, refused: list[str]) -> None:
    zones = {"zones": ["us-west-2a", "us-west-2b"]}
    assert where({**EXAMPLE, "example": {**zones, "engineVersion": version}}) == refused


OTHER_ACCOUNT = {"accountId": "123456789012"}
ROLE = {**OTHER_ACCOUNT, "roleArn": "arn:aws:iam::123456789012:role/peer"}
BY_HAND = {"accept": "by-hand"}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        (ROLE, []),
        (OTHER_ACCOUNT, ["accept", "dnsResolution"]),
        ({**OTHER_ACCOUNT, "dnsResolution": False}, ["accept"]),
        ({**OTHER_ACCOUNT, **BY_HAND}, ["dnsResolution"]),
        ({**OTHER_ACCOUNT, **BY_HAND, "dnsResolution": False}, []),
        ({**OTHER_ACCOUNT, **BY_HAND, "active": False}, ["dnsResolution"]),
        ({**OTHER_ACCOUNT, **BY_HAND, "active": False, "dnsResolution": False}, []),
        ({**ROLE, **BY_HAND, "active": False}, ["dnsResolution"]),
        ({**ROLE, **BY_HAND}, []),
        ({**BY_HAND, "active": False, "dnsResolution": False}, []),
    ],
)
def test_options_that_aws_would_not_set_are_refused(changes: dict[str, Any], refused: list[str]) -> None:
    assert where({**PEER, **changes}) == refused


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.128.0/24", "100.65.0.0/16"])
def test_a_peer_that_overlaps_the_cluster_is_refused(cidr: str) -> None:
    (problem,) = peer_problems(peers(EXAMPLE, {**PEER, "cidr": cidr}), RANGES, ("peers",))
    assert problem.location == "peers[1].cidr"
    assert "network." in problem.allowed


def test_peers_that_overlap_one_another_are_refused() -> None:
    assert among(PEER, EXAMPLE) == []
    assert among(PEER, {**EXAMPLE, "cidr": "10.99.7.0/24"}) == ["peers[1].cidr"]


def test_what_the_cluster_breaks_by_itself_is_not_reported_again() -> None:
    ranges = {**RANGES, ("network", "service_cidr"): IPv4Network("10.0.0.0/20")}
    assert list(peer_problems(peers(PEER), ranges, ("peers",))) == []


def test_peers_have_names_and_vpcs_of_their_own() -> None:
    other = {**PEER, "cidr": "10.92.0.0/16", "databases": [{**DATABASE, "name": "stock"}]}
    assert among(PEER, other) == ["peers[0].name", "peers[0].vpcId", "peers[1].name", "peers[1].vpcId"]
    assert among(EXAMPLE, {**EXAMPLE, "name": "try-2", "cidr": "10.93.0.0/24"}) == []


def test_databases_have_names_of_their_own_within_a_peer() -> None:
    three = [DATABASE, {**DATABASE, "name": "stock"}, DATABASE]
    assert among({**PEER, "databases": three}) == ["peers[0].databases[0].name", "peers[0].databases[2].name"]


def test_databases_have_names_of_their_own_across_peers_because_they_share_a_private_zone() -> None:
    other = {**PEER, "name": "other", "vpcId": ec2_id("vpc", 2), "cidr": "10.92.0.0/16"}
    assert among(PEER, other) == ["peers[0].databases[0].name", "peers[1].databases[0].name"]
    assert among(PEER, {**other, "databases": [{**DATABASE, "name": "stock"}]}) == []


def test_an_example_is_a_database_that_is_called_like_its_peer() -> None:
    assert among(PEER, {**EXAMPLE, "name": "orders"}) == ["peers[0].databases[0].name"]


def test_a_secret_in_clear_even_an_empty_one_is_refused_where_it_stands_and_not_shown() -> None:
    credentials = [{"value": "hunter2"}, {"secretName": "orders"}, {"value": "hunter3"}]
    databases = [{**DATABASE, "name": f"db{i}", "credentials": given} for i, given in enumerate(credentials)]
    encrypted = ("peers", 1, "databases", 2, "credentials", "value")
    found = peers(EXAMPLE, {**PEER, "databases": databases})
    (problem,) = clear_secret_problems(found, ("peers",), lambda path: path == encrypted)
    assert problem.location == "peers[1].databases[0].credentials.value"
    assert "hunter" not in str(problem)
    assert "change it" in problem.remedy
    found = peers({**PEER, "databases": [{**DATABASE, "credentials": {"value": ""}}]})
    assert len(list(clear_secret_problems(found, ("peers",), lambda _: False))) == 1
