from dataclasses import replace
from typing import Any

import pytest

from tripod.network.adopted import FoundSubnet, FoundVpc, adoption_problems
from tripod.network.spec import AdoptedVpcSpec

OWNED = "kubernetes.io/cluster/demo"
SUBNETS = {"public": "subnet-p", "nodes": "subnet-n", "control": "subnet-c"}
ADOPT = AdoptedVpcSpec.load(
    {
        "vpcId": "vpc-1",
        "privateRouteTables": ["rtb-private"],
        "zones": {
            "eu-west-1a": {
                tier: {"id": id_, "cidr": f"10.0.{place}.0/24"} for place, (tier, id_) in enumerate(SUBNETS.items())
            }
        },
    }
)


def found(place: int, tags: dict[str, str], *, public: bool) -> FoundSubnet:
    table = "rtb-public" if public else "rtb-private"
    return FoundSubnet("vpc-1", "eu-west-1a", f"10.0.{place}.0/24", tags, table, public)


FIT = FoundVpc(
    "vpc-1",
    dns_support=True,
    dns_hostnames=True,
    subnets={
        "subnet-p": found(0, {OWNED: "shared", "kubernetes.io/role/elb": "1"}, public=True),
        "subnet-n": found(1, {OWNED: "shared", "kubernetes.io/role/internal-elb": "1"}, public=False),
        "subnet-c": found(2, {OWNED: "owned"}, public=False),
    },
)


def changed(subnet: str, **changes: Any) -> FoundVpc:
    return replace(FIT, subnets={**FIT.subnets, subnet: replace(FIT.subnets[subnet], **changes)})


ZONE = "adopt.zones.eu-west-1a"
CASES: list[tuple[str, FoundVpc, str, str]] = [
    ("no DNS", replace(FIT, dns_support=False), "adopt.vpcId", "enableDnsSupport"),
    ("no DNS names", replace(FIT, dns_hostnames=False), "adopt.vpcId", "enableDnsHostnames"),
    ("another zone", changed("subnet-n", zone="eu-west-1b"), f"{ZONE}.nodes.id", "zone eu-west-1b"),
    ("another VPC", changed("subnet-c", vpc_id="vpc-2"), f"{ZONE}.control.id", "vpc vpc-2"),
    ("another range", changed("subnet-p", cidr="10.9.0.0/24"), f"{ZONE}.public.id", "cidr 10.9.0.0/24"),
    ("nodes in public", changed("subnet-n", internet_gateway=True), f"{ZONE}.nodes.id", "a private subnet"),
    ("control in public", changed("subnet-c", internet_gateway=True), f"{ZONE}.control.id", "a private subnet"),
    ("balancers in private", changed("subnet-p", internet_gateway=False), f"{ZONE}.public.id", "a public subnet"),
    (
        "an unlisted table",
        changed("subnet-c", route_table="rtb-other"),
        "adopt.privateRouteTables",
        "every route table of the nodes and control subnets",
    ),
    (
        "another cluster's",
        changed("subnet-c", tags={"kubernetes.io/cluster/other": "shared"}),
        f"{ZONE}.control.id",
        f"{OWNED}=shared",
    ),
    (
        "a wrong role",
        changed("subnet-n", tags={OWNED: "shared", "kubernetes.io/role/internal-elb": "0"}),
        f"{ZONE}.nodes.id",
        "kubernetes.io/role/internal-elb=1",
    ),
]


@pytest.mark.parametrize(("vpc", "location", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_reason_is_reported_where_it_is_configured(vpc: FoundVpc, location: str, wanted: str) -> None:
    (problem,) = adoption_problems(ADOPT, vpc, "demo")
    assert problem.location == location
    assert wanted in problem.allowed


def test_an_untagged_vpc_is_answered_with_each_missing_tag_and_how_to_set_it() -> None:
    bare = replace(FIT, subnets={id_: replace(subnet, tags={}) for id_, subnet in FIT.subnets.items()})
    commands = [problem.remedy.partition("aws ec2 ")[2] for problem in adoption_problems(ADOPT, bare, "demo")]
    assert commands == [
        f"create-tags --resources subnet-p --tags Key={OWNED},Value=shared",
        "create-tags --resources subnet-p --tags Key=kubernetes.io/role/elb,Value=1",
        f"create-tags --resources subnet-n --tags Key={OWNED},Value=shared",
        "create-tags --resources subnet-n --tags Key=kubernetes.io/role/internal-elb,Value=1",
        f"create-tags --resources subnet-c --tags Key={OWNED},Value=shared",
    ]


@pytest.mark.parametrize("vpc", [FIT, changed("subnet-p", route_table="rtb-elsewhere")])
def test_a_vpc_as_configured_is_fit_and_the_table_of_a_public_subnet_needs_no_listing(vpc: FoundVpc) -> None:
    assert list(adoption_problems(ADOPT, vpc, "demo")) == []


def test_every_reason_is_found_at_once() -> None:
    spoilt = {id_: replace(one, zone="x", vpc_id="y", cidr="z", tags={}) for id_, one in FIT.subnets.items()}
    vpc = replace(FIT, dns_support=False, subnets=spoilt)
    assert len(list(adoption_problems(ADOPT, vpc, "demo"))) == 1 + 3 * 3 + 5
