"""VPCs that exist: one to move into, and one to peer with; looked at before anything is made."""

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


def _refused(prepare: Callable[[Copy], Change]) -> list[str]:
    """The problems of a stack in a prepared account, in which nothing may have been made."""
    before: dict[str, int] = {}

    def counted(copy: Copy) -> Change:
        change = prepare(copy)
        before.update(_everything(copy))
        return change

    with pytest.raises(pulumi.RunError) as refusal, rehearsed_stack("local", None, counted):
        pass
    with emulated_aws_in_process() as address:
        assert _everything(Copy(address, "us-west-2", "local")) == before
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    return [str(problem) for problem in refusal.value.__cause__.problems]


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
def test_an_untagged_vpc_is_refused_with_every_missing_tag() -> None:
    problems = _refused(lambda copy: OwnersVpc(copy, tagged=False).adopt())
    missing = [problem for problem in problems if "without tag" in problem]
    assert len([one for one in missing if "without tag kubernetes.io/cluster/local" in one]) == 9
    assert len([one for one in missing if "without tag kubernetes.io/role/elb" in one]) == 3
    assert len([one for one in missing if "without tag kubernetes.io/role/internal-elb" in one]) == 3
    assert all("aws ec2 create-tags --resources subnet-" in one for one in missing)
    assert missing == problems


@with_an_account_of_its_own
def test_a_vpc_without_names_is_refused() -> None:
    problems = _refused(lambda copy: OwnersVpc(copy, names=False).adopt())
    assert [problem for problem in problems if "enableDnsHostnames" in problem] == problems != []


@with_an_account_of_its_own
def test_a_table_that_is_left_out_is_named() -> None:
    left_out: list[str] = []

    def prepare(copy: Copy) -> Change:
        vpc = OwnersVpc(copy)
        left_out.append(vpc.private_tables.pop())
        return vpc.adopt()

    problems = _refused(prepare)
    assert len(problems) == 1
    assert f"add {left_out[0]}" in problems[0]


@with_an_account_of_its_own
def test_subnets_of_other_kinds_are_refused() -> None:
    def prepare(copy: Copy) -> Change:
        vpc = OwnersVpc(copy)
        zone = vpc.zones["us-west-2a"]
        zone["nodes"], zone["public"] = zone["public"], zone["nodes"]
        return vpc.adopt()

    problems = _refused(prepare)
    assert any("a private subnet" in problem for problem in problems)
    assert any("a public subnet" in problem for problem in problems)


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


@with_an_account_of_its_own
def test_a_database_vpcs_table_that_is_left_out_is_named() -> None:
    left_out: list[str] = []

    def prepare(copy: Copy) -> Change:
        peer, tables = _database_vpc(copy)
        left_out.append(tables[1])
        return _attach({**peer, "routeTables": tables[:1]})

    problems = _refused(prepare)
    assert len(problems) == 1
    assert f"add {left_out[0]}" in problems[0]


@with_an_account_of_its_own
def test_what_aws_says_otherwise_of_a_database_vpc_is_told_at_once() -> None:
    def prepare(copy: Copy) -> Change:
        peer, _ = _database_vpc(copy, names=False)
        foreign = copy.ec2.create_security_group(
            GroupName="x", Description="x", VpcId=copy.ec2.create_vpc(CidrBlock="10.61.0.0/16")["Vpc"]["VpcId"]
        )
        database = {**peer["databases"][0], "securityGroup": foreign["GroupId"]}
        return _attach({**peer, "cidr": "10.60.0.0/17", "databases": [database]})

    problems = _refused(prepare)
    assert len(problems) == 3
    assert any("10.60.0.0/16, as AWS has it" in problem for problem in problems)
    assert any("enableDnsHostnames" in problem for problem in problems)
    assert any("securityGroup" in problem for problem in problems)


@with_an_account_of_its_own
def test_a_second_peering_with_an_adopted_vpc_is_refused() -> None:
    def prepare(copy: Copy) -> Change:
        own = OwnersVpc(copy)
        peer, _ = _database_vpc(copy)
        made = copy.ec2.create_vpc_peering_connection(VpcId=own.id, PeerVpcId=peer["vpcId"])
        id_ = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        copy.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id_)

        def change(settings: dict[str, Any]) -> None:
            own.adopt()(settings)
            _attach(peer)(settings)

        return change

    problems = _refused(prepare)
    assert len(problems) == 1
    assert "connects already" in problems[0]
