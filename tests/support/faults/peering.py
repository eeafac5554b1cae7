"""Ways to break peerings and databases."""

from support.account.rehearsed import Copy
from support.faults.finding import close, group_id, let_in, of_role, peering, route_table, vpc_id
from support.faults.noting import breaks


@breaks("peering-routes-there", "a route to the database is dropped")
def no_way_there(copy: Copy) -> None:
    copy.ec2.delete_route(
        RouteTableId=route_table(copy, "private"), DestinationCidrBlock=peering(copy)["AccepterVpcInfo"]["CidrBlock"]
    )


@breaks("peering-routes-back", "a route back is dropped")
def no_way_back(copy: Copy) -> None:
    copy.ec2.delete_route(
        RouteTableId=route_table(copy, "example-database"),
        DestinationCidrBlock=peering(copy)["RequesterVpcInfo"]["CidrBlock"],
    )


@breaks("routes-lead-somewhere", "the peering is deleted and its routes stay")
def delete_peering(copy: Copy) -> None:
    copy.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering(copy)["VpcPeeringConnectionId"])


@breaks("peering-names", "the database side no longer resolves names for us")
def no_resolution(copy: Copy) -> None:
    copy.ec2.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=peering(copy)["VpcPeeringConnectionId"],
        AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": False},
    )


@breaks("peer-vpc-names", "the database VPC gives no names")
def no_names_there(copy: Copy) -> None:
    copy.ec2.modify_vpc_attribute(VpcId=peering(copy)["AccepterVpcInfo"]["VpcId"], EnableDnsHostnames={"Value": False})


def _another_peering(copy: Copy, cidr: str) -> str:
    made = copy.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    copy.ec2.modify_vpc_attribute(VpcId=made, EnableDnsHostnames={"Value": True})
    connection = copy.ec2.create_vpc_peering_connection(
        VpcId=vpc_id(copy),
        PeerVpcId=made,
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": peering(copy)["Tags"]}],
    )
    return connection["VpcPeeringConnection"]["VpcPeeringConnectionId"]


@breaks("peering-active", "a peering waits to be accepted")
def pending_peering(copy: Copy) -> None:
    _another_peering(copy, "10.77.0.0/16")


@breaks("peering-ranges", "a peered VPC shares our range")
def overlapping_peering(copy: Copy) -> None:
    cidr = copy.ec2.describe_vpcs(VpcIds=[vpc_id(copy)])["Vpcs"][0]["CidrBlock"].replace("/16", "/24")
    made = _another_peering(copy, cidr)
    copy.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    copy.ec2.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=made, AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": True}
    )
    for table in copy.ec2.describe_route_tables(Filters=of_role("private"))["RouteTables"]:
        copy.ec2.create_route(
            RouteTableId=table["RouteTableId"], DestinationCidrBlock=cidr, VpcPeeringConnectionId=made
        )


def _database_group(copy: Copy) -> str:
    return copy.client("rds").describe_db_instances()["DBInstances"][0]["VpcSecurityGroups"][0]["VpcSecurityGroupId"]


@breaks("database-rule", "the database lets in everybody")
def open_database(copy: Copy) -> None:
    let_in(copy, _database_group(copy), "0.0.0.0/0", 5432)


@breaks("database-rule", "the database no longer lets in the workers")
def close_database(copy: Copy) -> None:
    close(copy, _database_group(copy), 5432)


@breaks("database-rule", "the database lets workers in everywhere")
def wide_database(copy: Copy) -> None:
    let_in(copy, _database_group(copy), group_id(copy, "workers"), 0, 65535)
