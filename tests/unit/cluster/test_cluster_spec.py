from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.stacks.samples import (
    ZONES,
    adopted_vpc,
    cluster,
    cluster_problems,
    cluster_values,
    few,
    json_values,
    locations,
)
from tripod.cluster.spec import ClusterSpec
from tripod.core.problems import ConfigurationError

SECTIONS = tuple(ClusterSpec.model_fields)
TWO_ZONES = {"us-west-2a": 0, "us-west-2b": 1}
ADOPTED: dict[str, Any] = {"zones": TWO_ZONES, "adopt": adopted_vpc(*TWO_ZONES)}
del ADOPTED["adopt"]["zones"]["us-west-2b"]["public"]
NODE = {"cluster": {"ha": "node"}}
RUNNER = {"mode": "in-vpc-runner", "allowedRanges": ["10.9.0.0/16"]}
PUBLIC = {"mode": "public-allow-list", "allowedRanges": ["203.0.113.0/24"]}
GENERAL = {"name": "general", "instanceTypes": ["m7g.large"]}
PLACED = dict.fromkeys(ZONES[:3], 1)
TWO_AND_ONE = {ZONES[0]: 2, ZONES[1]: 1}
KEY = "arn:aws:kms:{}:123456789012:key/11111111-2222-3333-4444-555555555555"


def test_the_sample_from_which_every_case_here_departs_has_no_problem() -> None:
    assert cluster_problems() == []


def test_plain_values_are_read_back_as_the_same_cluster() -> None:
    spec = cluster(etcd={"members": 5}, dns={"internalZone": "demo.internal"})
    assert ClusterSpec.load(spec.plain()) == spec


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "us-gov-east-1", "ap-southeast-5", "cn-north-1"])
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert cluster_problems(region=region, issuer={"publish": "bucket"}) == []


@pytest.mark.parametrize(("region", "known"), [("eu-central-1", True), ("us-gov-east-1", False), ("cn-north-1", False)])
def test_a_distribution_publishes_the_issuer_where_its_own_name_serves(region: str, known: bool) -> None:
    assert cluster_problems(region=region) == ([] if known else ["issuer.publish"])
    changing = {"publish": "bucket", "accepted": ["cloudfront"]}
    assert cluster_problems(region=region, issuer=changing) == ([] if known else ["issuer.accepted"])


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
    ("text", "refused"), [("", True), (" ", True), ("a", False), ("a" * 256, False), ("a" * 257, True)]
)
def test_tags_that_costs_are_charged_by_say_something_that_aws_takes(field: str, text: str, refused: bool) -> None:
    assert cluster_problems(cluster={field: text}) == ([f"cluster.{field}"] if refused else [])


def test_the_tags_of_everything_are_the_teams_and_the_owners() -> None:
    identity = cluster(cluster={"tags": {"team": "a"}}).cluster
    assert identity.all_tags() == {"team": "a", "project": "tripod", "owner": "somebody", "environment": "test"}


def test_the_private_zone_is_named_for_the_cluster_unless_it_is_given() -> None:
    assert cluster().internal_zone == "demo.internal"
    assert cluster(dns={"internalZone": "prod.example.internal"}).internal_zone == "prod.example.internal"


@pytest.mark.parametrize("zone", ["internal", "", ".a.b", "a.b.", "a..b", "A.b", "a_b.c", "-a.b"])
def test_a_private_zone_that_is_no_domain_is_refused(zone: str) -> None:
    assert cluster_problems(dns={"internalZone": zone}) == ["dns.internalZone"]


def test_workers_run_the_control_planes_version_unless_another_is_set() -> None:
    assert cluster().versions.kubelet == cluster().versions.kubernetes
    assert cluster(versions={"workers": "1.35.2"}).versions.kubelet == "1.35.2"


@pytest.mark.parametrize(
    ("sections", "where"),
    [
        ({"versions": {"workers": "1.32.0"}}, ["versions.workers"]),
        ({"versions": {"kubernetes": "x"}}, ["versions.kubernetes"]),  # and the workers are not blamed for it
        ({"network": {"zones": TWO_ZONES}}, ["network.zones"]),
        ({"network": {"zones": TWO_ZONES}, "etcd": {"members": 4}}, ["etcd.members"]),
        ({"network": {"zones": {**TWO_ZONES, "us-west-2c": "x"}}}, ["network.zones.us-west-2c"]),
        ({"network": {"nat": "shared"}}, ["network.nat"]),
        ({"network": {**ADOPTED, "nat": "shared"}}, ["network.zones"]),
        ({"etcd": {"placement": PLACED}}, []),
        ({"etcd": {"placement": PLACED, "members": 5}}, ["etcd.placement"]),
        ({"etcd": {"placement": {**PLACED, "us-west-2x": 0}}}, ["etcd.placement.us-west-2x"]),
        ({"etcd": {"placement": TWO_AND_ONE}}, ["network.zones"]),
        ({"workers": []}, ["workers"]),
        (
            {"workers": [GENERAL, {**GENERAL, "zones": ["us-west-2a", "us-west-2z"]}]},
            ["workers[0].name", "workers[1].name", "workers[1].zones[1]"],
        ),
        (
            {"images": {"arm64": None}, "workers": [{**GENERAL, "instanceTypes": ["m7i.large", "m7g.large"]}]},
            [
                "workers[0].instanceTypes",
                "etcd.instanceType",
                "controlPlane.instanceType",
                "workers[0].instanceTypes[1]",
            ],
        ),
        (
            {"encryption": {"storageKeyArn": KEY.format("us-west-2"), "secretsKeyArn": KEY.format("eu-west-1")}},
            ["encryption.secretsKeyArn"],
        ),
        ({**NODE, "network": {"zones": TWO_ZONES}}, []),
        ({**NODE, "network": {"nat": "shared"}}, []),
        ({**NODE, "etcd": {"placement": TWO_AND_ONE}}, []),
        ({**NODE, "network": ADOPTED, "access": RUNNER}, []),
        ({**NODE, "network": ADOPTED, "access": PUBLIC}, ["network.adopt.zones.us-west-2b.public"]),
    ],
)
def test_sections_fit_one_another_or_the_one_at_fault_is_named(sections: dict[str, Any], where: list[str]) -> None:
    assert cluster_problems(**sections) == where


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
    groups = [{**GENERAL, **group} for group in workers]
    assert cluster_problems(workers=groups) == (["workers"] if refused else [])
    assert cluster_problems(workers=groups, cluster={"ha": "node"}) == []


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
    load_or_refuse(cluster_values(workers=[{**GENERAL, **group}]))


def load_or_refuse(values: dict[str, Any]) -> None:
    try:
        ClusterSpec.load(values)
    except ConfigurationError as refused:
        assert refused.problems  # noqa: PT017 - either outcome is one
