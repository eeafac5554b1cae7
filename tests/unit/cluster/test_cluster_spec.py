import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import (
    AMI,
    ZONES,
    cluster,
    cluster_problems,
    cluster_values,
    ec2_id,
    few,
    json_values,
    locations,
)
from tripod.cluster.spec import ClusterSpec
from tripod.core.problems import ConfigurationError, Problem

SECTIONS = tuple(ClusterSpec.model_fields)
TWO_ZONES = {"us-west-2a": 0, "us-west-2b": 1}
ADOPT: dict[str, Any] = {
    "vpcId": ec2_id("vpc"),
    "privateRouteTables": [ec2_id("rtb")],
    "zones": {
        "us-west-2a": {
            "public": {"id": ec2_id("subnet", 1), "cidr": "10.0.0.0/24"},
            "nodes": {"id": ec2_id("subnet", 2), "cidr": "10.0.1.0/24"},
            "control": {"id": ec2_id("subnet", 3), "cidr": "10.0.2.0/24"},
        },
        "us-west-2b": {
            "nodes": {"id": ec2_id("subnet", 5), "cidr": "10.0.4.0/24"},
            "control": {"id": ec2_id("subnet", 6), "cidr": "10.0.5.0/24"},
        },
    },
}


def the_problem(**sections: Any) -> Problem:
    (problem,) = ClusterSpec.read(cluster_values(**sections))[1]
    return problem


def test_the_sample_from_which_every_case_here_departs_has_no_problem() -> None:
    assert cluster_problems() == []


def test_plain_values_are_read_back_as_the_same_cluster() -> None:
    spec = cluster(etcd={"members": 5}, dns={"internalZone": "demo.internal"})
    assert ClusterSpec.load(spec.plain()) == spec


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "us-gov-east-1", "ap-southeast-5", "cn-north-1"])
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert cluster_problems(region=region) == []


@pytest.mark.parametrize("region", ["", "us-west", "us-west-2a", "US-WEST-2", "uswest2", "us-west-2 "])
def test_what_has_not_the_form_of_a_region_is_refused(region: str) -> None:
    assert cluster_problems(region=region) == ["region"]


@pytest.mark.parametrize("name", ["a", "demo", "a1", "a-b", "a" * 24])
def test_names_of_clusters_fit_into_every_name_that_aws_takes(name: str) -> None:
    assert cluster_problems(cluster={"name": name}) == []


@pytest.mark.parametrize("name", ["", "A", "1a", "a-", "-a", "a_b", "a" * 25, "a\n", "ä"])
def test_other_names_of_clusters_are_refused(name: str) -> None:
    assert cluster_problems(cluster={"name": name}) == ["cluster.name"]


@pytest.mark.parametrize("key", ["owner", "cluster", "Name", "aws:x", "tripod:role", "kubernetes.io/cluster/x"])
def test_tags_that_mean_something_are_not_a_teams_to_set(key: str) -> None:
    assert cluster_problems(cluster={"tags": {"team": "a", key: "x"}}) == [f"cluster.tags.{key}"]


@pytest.mark.parametrize("field", ["owner", "environment", "project"])
@pytest.mark.parametrize(
    ("told", "refused"), [("", True), (" ", True), ("a", False), ("a" * 256, False), ("a" * 257, True)]
)
def test_tags_that_costs_are_charged_by_say_something_that_aws_takes(field: str, told: str, refused: bool) -> None:
    assert cluster_problems(cluster={field: told}) == ([f"cluster.{field}"] if refused else [])


def test_the_tags_of_everything_are_the_teams_and_the_owners() -> None:
    identity = cluster(cluster={"tags": {"team": "a"}}).cluster
    assert identity.all_tags() == {"team": "a", "project": "tripod", "owner": "somebody", "environment": "test"}


def test_the_private_zone_is_named_for_the_cluster_unless_it_is_given() -> None:
    assert cluster().internal_zone == "demo.internal"
    assert cluster(dns={"internalZone": "prod.example.internal"}).internal_zone == "prod.example.internal"


@pytest.mark.parametrize("zone", ["internal", "", ".a.b", "a.b.", "a..b", "A.b", "a_b.c", "-a.b"])
def test_a_private_zone_that_is_no_domain_is_refused(zone: str) -> None:
    assert cluster_problems(dns={"internalZone": zone}) == ["dns.internalZone"]


def test_workers_run_the_control_planes_version_unless_they_are_told_another() -> None:
    assert cluster().versions.kubelet == cluster().versions.kubernetes
    assert cluster(versions={"workers": "1.35.2"}).versions.kubelet == "1.35.2"


def test_versions_that_do_not_fit_are_refused_in_their_section() -> None:
    assert cluster_problems(versions={"workers": "1.32.0"}) == ["versions.workers"]


def test_a_version_that_cannot_be_read_is_not_blamed_on_the_workers_too() -> None:
    assert cluster_problems(versions={"kubernetes": "x"}) == ["versions.kubernetes"]


def test_three_members_over_two_zones_are_refused_and_the_zones_named() -> None:
    problem = the_problem(network={"zones": TWO_ZONES})
    assert problem.location == "network.zones"
    assert "us-west-2a, us-west-2b (3 members as 2/1)" in problem.given
    assert "ha: node" in problem.remedy


def test_less_availability_is_accepted_where_it_is_asked_for() -> None:
    assert cluster_problems(network={"zones": TWO_ZONES}, cluster={"ha": "node"}) == []


def test_a_number_of_members_that_is_none_is_not_blamed_on_the_zones() -> None:
    assert cluster_problems(network={"zones": TWO_ZONES}, etcd={"members": 4}) == ["etcd.members"]


def test_a_zone_whose_slot_is_none_is_not_also_one_too_few() -> None:
    zones = {**TWO_ZONES, "us-west-2c": "x"}
    assert cluster_problems(network={"zones": zones}) == ["network.zones.us-west-2c"]


def test_a_placement_is_looked_at_against_the_networks_zones() -> None:
    placed = dict.fromkeys(ZONES[:3], 1)
    assert cluster_problems(etcd={"placement": placed}) == []
    assert cluster_problems(etcd={"placement": placed, "members": 5}) == ["etcd.placement"]
    other = {**placed, "us-west-2x": 0}
    assert cluster_problems(etcd={"placement": other}) == ["etcd.placement.us-west-2x"]


def test_a_placement_that_loses_quorum_with_a_zone_is_accepted_where_less_availability_is_asked_for() -> None:
    etcd = {"placement": {ZONES[0]: 2, ZONES[1]: 1}}
    (problem,) = ClusterSpec.read(cluster_values(etcd=etcd))[1]
    assert "3 members as 2/1" in problem.given
    assert cluster_problems(etcd=etcd, cluster={"ha": "node"}) == []


def test_a_shared_nat_gateway_does_not_survive_its_zone() -> None:
    assert cluster_problems(network={"nat": "shared"}) == ["network.nat"]
    assert cluster_problems(network={"nat": "shared"}, cluster={"ha": "node"}) == []


def test_the_way_out_of_an_adopted_vpc_is_its_owners() -> None:
    network = {"nat": "shared", "zones": TWO_ZONES, "adopt": ADOPT}
    problems = cluster_problems(network=network, cluster={"ha": "zone"})
    assert "network.nat" not in problems


@pytest.mark.parametrize(
    ("workers", "refused"),
    [
        ([{"minPerZone": 1}], False),
        ([{"minPerZone": 0}], True),
        ([{"zones": ["us-west-2a"]}], True),
        ([{"zones": ["us-west-2a"]}, {"name": "other", "zones": ["us-west-2b"]}], False),
        ([{"zones": ["us-west-2a"]}, {"name": "other", "minPerZone": 0}], True),
    ],
)
def test_two_zones_or_more_keep_workers(workers: list[dict[str, Any]], refused: bool) -> None:
    groups = [{"name": "general", "instanceTypes": ["m7g.large"], **group} for group in workers]
    assert cluster_problems(workers=groups) == (["workers"] if refused else [])
    assert cluster_problems(workers=groups, cluster={"ha": "node"}) == []


def test_every_instance_type_needs_an_image_of_its_architecture() -> None:
    workers = [{"name": "general", "instanceTypes": ["m7i.large", "m7g.large"]}]
    problems = cluster_problems(images={"amd64": AMI, "arm64": None}, workers=workers)
    assert problems == [
        "workers[0].instanceTypes",
        "etcd.instanceType",
        "controlPlane.instanceType",
        "workers[0].instanceTypes[1]",
    ]


def test_worker_groups_are_in_zones_that_there_are_and_have_names_of_their_own() -> None:
    group = {"name": "general", "instanceTypes": ["m7g.large"]}
    assert cluster_problems(workers=[group, {**group, "zones": ["us-west-2a", "us-west-2z"]}]) == [
        "workers[0].name",
        "workers[1].name",
        "workers[1].zones[1]",
    ]


def test_a_cluster_without_workers_is_refused_once() -> None:
    assert cluster_problems(workers=[]) == ["workers"]


def test_keys_of_another_region_are_refused() -> None:
    arn = "arn:aws:kms:{}:123456789012:key/11111111-2222-3333-4444-555555555555"
    keys = {"storageKeyArn": arn.format("us-west-2"), "secretsKeyArn": arn.format("eu-west-1")}
    assert cluster_problems(encryption=keys) == ["encryption.secretsKeyArn"]


@pytest.mark.parametrize(
    ("access", "refused"),
    [
        ({"mode": "public-allow-list", "allowedRanges": ["203.0.113.0/24"]}, ["network.adopt.zones.us-west-2b.public"]),
        ({"mode": "in-vpc-runner", "allowedRanges": ["10.9.0.0/16"]}, []),
    ],
)
def test_a_public_load_balancer_needs_public_subnets_of_an_adopted_vpc(
    access: dict[str, Any], refused: list[str]
) -> None:
    network = {"zones": TWO_ZONES, "adopt": copy.deepcopy(ADOPT)}
    assert cluster_problems(network=network, access=access, cluster={"ha": "node"}) == refused


def test_every_problem_is_found_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        ClusterSpec.load(
            {
                "region": "nowhere",
                "cluster": {"name": "BAD", "environment": "x"},
                "network": {"cidr": "11.1.0.0/16", "zones": {"us-west-2a": 0, "us-west-2b": 0}},
                "images": {"amd64": "resolve:ssm:/aws/service/canonical/ubuntu/24.04/stable/current/amd64/ami-id"},
                "workers": [{"name": "general", "instanceTypes": ["m7g.large"], "bogus": 1}],
                "etcd": {"members": 4, "volume": {"encrypted": False}},
                "encryption": {"enabled": False},
            }
        )
    assert set(locations(refused.value.problems)) == {
        "region",
        "cluster.owner",
        "network.cidr",
        "network.zones.us-west-2b",
        "images.amd64",
        "workers[0].bogus",
        "workers[0].instanceTypes[0]",
        "etcd.members",
        "etcd.volume.encrypted",
        "etcd.instanceType",
        "controlPlane.instanceType",
        "encryption.enabled",
    }


@pytest.mark.parametrize("section", SECTIONS)
@few
@given(value=json_values)
def test_arbitrary_values_of_a_section_are_loaded_or_refused_and_nothing_else(section: str, value: Any) -> None:
    load_or_refuse({**cluster_values(), section: value})


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in ("region", "workers")])
@few
@given(data=st.data(), value=json_values)
def test_arbitrary_values_of_a_field_are_loaded_or_refused_and_nothing_else(
    section: str, data: st.DataObject, value: Any
) -> None:
    annotation: Any = ClusterSpec.model_fields[section].annotation
    field = data.draw(st.sampled_from(sorted(annotation.model_fields)))
    load_or_refuse(cluster_values(**{section: {field: value}}))


@few
@given(st.dictionaries(st.sampled_from(["name", "instanceTypes", "taints", "labels", "spot", "zones"]), json_values))
def test_arbitrary_worker_groups_are_loaded_or_refused_and_nothing_else(group: dict[str, Any]) -> None:
    load_or_refuse(cluster_values(workers=[{"name": "general", "instanceTypes": ["m7g.large"], **group}]))


def load_or_refuse(values: dict[str, Any]) -> None:
    try:
        ClusterSpec.load(values)
    except ConfigurationError as refused:
        assert refused.problems  # noqa: PT017 - either outcome is one
