"""What a program asks of AWS while it runs."""

from collections.abc import Callable, Mapping
from typing import Any

from tripod.rehearsal.handlers.context import Context

Answer = dict[str, Any]


def _identity(context: Context, arguments: Mapping[str, Any]) -> Answer:
    del arguments
    found = context.client("sts").get_caller_identity()
    return {"accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"], "id": found["Account"]}


def _zones(context: Context, arguments: Mapping[str, Any]) -> Answer:
    del arguments
    zones = context.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
    found = sorted(zones["AvailabilityZones"], key=lambda zone: zone["ZoneName"])
    return {
        "id": context.region,
        "names": [zone["ZoneName"] for zone in found],
        "zoneIds": [zone["ZoneId"] for zone in found],
    }


def _vpc(context: Context, arguments: Mapping[str, Any]) -> Answer:
    id_ = arguments["id"]
    vpc = context.ec2.describe_vpcs(VpcIds=[id_])["Vpcs"][0]

    def attribute(name: str) -> bool:
        found = context.ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)
        return found[name[0].upper() + name[1:]]["Value"]

    return {
        "id": id_,
        "arn": f"arn:aws:ec2:{context.region}:{vpc.get('OwnerId', '')}:vpc/{id_}",
        "cidrBlock": vpc["CidrBlock"],
        "enableDnsSupport": attribute("enableDnsSupport"),
        "enableDnsHostnames": attribute("enableDnsHostnames"),
        "tags": _tags(vpc),
    }


def _subnet(context: Context, arguments: Mapping[str, Any]) -> Answer:
    subnet = context.ec2.describe_subnets(SubnetIds=[arguments["id"]])["Subnets"][0]
    return {
        "id": subnet["SubnetId"],
        "arn": subnet["SubnetArn"],
        "vpcId": subnet["VpcId"],
        "availabilityZone": subnet["AvailabilityZone"],
        "cidrBlock": subnet["CidrBlock"],
        "tags": _tags(subnet),
    }


def _route_table(context: Context, arguments: Mapping[str, Any]) -> Answer:
    """A subnet's route table: its own, or the VPC's main one."""
    subnet = arguments["subnetId"]
    tables = context.ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    if not tables["RouteTables"]:
        vpc = context.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
        main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        tables = context.ec2.describe_route_tables(Filters=main)
    table = tables["RouteTables"][0]
    return {
        "id": table["RouteTableId"],
        "routeTableId": table["RouteTableId"],
        "subnetId": subnet,
        "vpcId": table["VpcId"],
        "routes": [
            {"cidrBlock": route.get("DestinationCidrBlock", ""), "gatewayId": route.get("GatewayId", "")}
            for route in table["Routes"]
        ],
        "tags": _tags(table),
    }


def _tags(described: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}


ANSWERS: dict[str, Callable[[Context, Mapping[str, Any]], Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getRouteTable:getRouteTable": _route_table,
}
