"""VPCs that exist: one to move into, and one to peer with; looked at before anything is made."""

import re
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from support.account.in_process import emulated_aws_in_process
from support.account.owners_vpc import ZONES, OwnersVpc
from support.account.rehearsed import Copy, rehearsed_stack, with_an_account_of_its_own
from support.stacks.planned import Change, changed, put
from tripod.core.problems import ConfigurationError


def _listing(ec2: Any) -> dict[str, Any]:
    """What is in an account, as far as a VPC's owner would notice."""
    return {
        "vpcs": [
            {
                **one,
                "names": ec2.describe_vpc_attribute(VpcId=one["VpcId"], Attribute="enableDnsHostnames")[
                    "EnableDnsHostnames"
                ],
            }
            for one in ec2.describe_vpcs()["Vpcs"]
        ],
        "subnets": [
            {key: value for key, value in one.items() if key != "AvailableIpAddressCount"}
            for one in ec2.describe_subnets()["Subnets"]
        ],
        "tables": [(one["RouteTableId"], one["Routes"]) for one in ec2.describe_route_tables()["RouteTables"]],
        "gateways": ec2.describe_nat_gateways()["NatGateways"],
    }


Prepared = tuple[Change, list[str]]
"""How a stack's settings change, and a part of each problem that it then has."""


def _refused(prepare: Callable[[Copy], Prepared]) -> tuple[list[str], list[str]]:
    """The problems of a stack in a prepared account, in which nothing may have been made, and the expected parts."""
    before: dict[str, int] = {}
    expected: list[str] = []

    def counted(copy: Copy) -> Change:
        change, parts = prepare(copy)
        before.update(_everything(copy))
        expected.extend(parts)
        return change

    with pytest.raises(pulumi.RunError) as refusal, rehearsed_stack("local", None, counted):
        pass
    with emulated_aws_in_process() as address:
        assert _everything(Copy(address, "us-west-2", "local")) == before
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    return [str(problem) for problem in refusal.value.__cause__.problems], expected


def _everything(copy: Copy) -> dict[str, int]:
    """How much there is of what a cluster is made of."""
    return {
        "groups": len(copy.ec2.describe_security_groups()["SecurityGroups"]),
        "instances": len(copy.ec2.describe_instances()["Reservations"]),
        "volumes": len(copy.ec2.describe_volumes()["Volumes"]),
        "vpcs": len(copy.ec2.describe_vpcs()["Vpcs"]),
        "keys": len(copy.client("kms").list_keys()["Keys"]),
        "roles": len(copy.client("iam").list_roles()["Roles"]),
        "buckets": len(copy.client("s3").list_buckets()["Buckets"]),
        "secrets": len(copy.client("secretsmanager").list_secrets()["SecretList"]),
    }


@with_an_account_of_its_own
def test_a_tagged_vpc_is_moved_into_and_stays_as_it_is() -> None:
    before: dict[str, Any] = {}

    def prepare(copy: Copy) -> Change:
        vpc = OwnersVpc(copy)
        before.update(_listing(copy.ec2))
        return vpc.adopt()

    no_peers = changed("local", put("tripod:peers", []))
    with rehearsed_stack("local", no_peers, prepare) as rehearsed:
        assert rehearsed.in_a_copy(lambda copy: _listing(copy.ec2)) == before
        assert rehearsed.in_a_copy(lambda copy: copy.broken()) == {}


# A database VPC that exists


def _database_vpc(copy: Copy, *, names: bool = True) -> tuple[dict[str, Any], list[str]]:
    """A database VPC of somebody's: the peer that attaches it, and its route tables."""
    ec2 = copy.ec2
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": names})
    tables: list[str] = []
    subnets: list[str] = []
    for index, zone in enumerate(ZONES[:2]):
        made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{index}.0/24", AvailabilityZone=zone)["Subnet"]
        table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(SubnetId=made["SubnetId"], RouteTableId=table)
        subnets.append(made["SubnetId"])
        tables.append(table)
    group = ec2.create_security_group(GroupName="orders", Description="orders", VpcId=vpc)["GroupId"]
    rds = copy.client("rds")
    rds.create_db_subnet_group(DBSubnetGroupName="orders", DBSubnetGroupDescription="orders", SubnetIds=subnets)
    made = rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.m7g.large",
        Engine="postgres",
        MasterUsername="orders",
        ManageMasterUserPassword=True,
        AllocatedStorage=20,
        DBSubnetGroupName="orders",
        VpcSecurityGroupIds=[group],
        Port=5432,
    )["DBInstance"]
    database = {
        "name": "orders",
        "endpoint": made["Endpoint"]["Address"],
        "securityGroup": group,
        "zones": list(ZONES[:2]),
        "credentials": {"secretName": "orders/app"},
    }
    peer = {"name": "data", "vpcId": vpc, "cidr": "10.60.0.0/16", "routeTables": tables, "databases": [database]}
    return peer, tables


def _attach(peer: dict[str, Any]) -> Change:
    return put("tripod:peers", [peer])


@with_an_account_of_its_own
def test_an_existing_database_is_attached_with_all_five_things() -> None:
    with rehearsed_stack("local", None, lambda copy: _attach(_database_vpc(copy)[0])) as rehearsed:
        assert rehearsed.in_a_copy(lambda copy: copy.broken()) == {}
        assert rehearsed.recording.outputs["databases"] == {"data": {"orders": "orders.local.internal"}}
        assert rehearsed.recording.outputs["databaseCredentials"] == {"data": {"orders": "orders/app"}}


def _untagged(copy: Copy) -> Prepared:
    missing = ["cluster/local"] * 9 + ["role/elb"] * 3 + ["role/internal-elb"] * 3
    remedy = "aws ec2 create-tags --resources subnet-"
    return OwnersVpc(copy, tagged=False).adopt(), [f"without tag kubernetes.io/{tag}.*{remedy}" for tag in missing]


def _without_names(copy: Copy) -> Prepared:
    return OwnersVpc(copy, names=False).adopt(), ["enableDnsHostnames"]


def _without_a_table(copy: Copy) -> Prepared:
    vpc = OwnersVpc(copy)
    left_out = vpc.private_tables.pop()
    return vpc.adopt(), [f"add {left_out}"]


def _subnets_of_other_kinds(copy: Copy) -> Prepared:
    vpc = OwnersVpc(copy)
    zone = vpc.zones["us-west-2a"]
    zone["nodes"], zone["public"] = zone["public"], zone["nodes"]
    tags = [f"without tag kubernetes.io/role/{role}" for role in ("elb", "internal-elb")]
    return vpc.adopt(), ["a private subnet", "a public subnet", f"add {vpc.public_table}", *tags]


def _without_a_databases_table(copy: Copy) -> Prepared:
    peer, tables = _database_vpc(copy)
    return _attach({**peer, "routeTables": tables[:1]}), [f"add {tables[1]}"]


def _what_aws_says_otherwise(copy: Copy) -> Prepared:
    peer, _ = _database_vpc(copy, names=False)
    foreign = copy.ec2.create_security_group(
        GroupName="x", Description="x", VpcId=copy.ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"]
    )
    database = {**peer["databases"][0], "securityGroup": foreign["GroupId"]}
    change = _attach({**peer, "cidr": "10.60.0.0/17", "databases": [database]})
    return change, ["10.60.0.0/16, as AWS has it", "enableDnsHostnames", "securityGroup"]


def _second_peering(copy: Copy) -> Prepared:
    own = OwnersVpc(copy)
    peer, _ = _database_vpc(copy)
    made = copy.ec2.create_vpc_peering_connection(VpcId=own.id, PeerVpcId=peer["vpcId"])
    id_ = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    copy.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id_)

    def change(settings: dict[str, Any]) -> None:
        own.adopt()(settings)
        _attach(peer)(settings)

    return change, ["connects already"]


UNFIT = {
    "an untagged VPC, by every missing tag": _untagged,
    "a VPC without names": _without_names,
    "a table that is left out, by its id": _without_a_table,
    "subnets of other kinds": _subnets_of_other_kinds,
    "a database VPC's table that is left out, by its id": _without_a_databases_table,
    "a database VPC that AWS knows otherwise, with all differences at once": _what_aws_says_otherwise,
    "a second peering with an adopted VPC": _second_peering,
}


@pytest.mark.parametrize("case", UNFIT)
@with_an_account_of_its_own
def test_an_existing_vpc_that_does_not_fit_is_refused_and_nothing_is_made(case: str) -> None:
    problems, expected = _refused(UNFIT[case])
    found = [part for problem in problems for part in {*expected} if re.search(part, problem, re.DOTALL)]
    assert sorted(found) == sorted(expected)
    assert len(problems) == len(expected)
