"""Data sources that a program reads while it runs."""

import re
from collections.abc import Callable

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.handlers.context import Context

Answer = JsonObject
Described = JsonMapping
"""Arguments of a call, or an answer of boto3: JSON."""


def _identity(context: Context, arguments: Described) -> Answer:
    del arguments
    found = context.client("sts").get_caller_identity()
    return {"accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"], "id": found["Account"]}


def _zones(context: Context, arguments: Described) -> Answer:
    del arguments
    zones = context.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])
    found = sorted(zones["AvailabilityZones"], key=lambda zone: zone["ZoneName"])
    return {
        "id": context.region,
        "names": [zone["ZoneName"] for zone in found],
        "zoneIds": [zone["ZoneId"] for zone in found],
    }


def _vpc(context: Context, arguments: Described) -> Answer:
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


def _subnet(context: Context, arguments: Described) -> Answer:
    subnet = context.ec2.describe_subnets(SubnetIds=[arguments["id"]])["Subnets"][0]
    return {
        "id": subnet["SubnetId"],
        "arn": subnet["SubnetArn"],
        "vpcId": subnet["VpcId"],
        "availabilityZone": subnet["AvailabilityZone"],
        "cidrBlock": subnet["CidrBlock"],
        "tags": _tags(subnet),
    }


def _route_table(context: Context, arguments: Described) -> Answer:
    """A route table by its id, or a subnet's: its own, or the VPC's main one."""
    if "routeTableId" in arguments:
        found = context.ec2.describe_route_tables(RouteTableIds=[arguments["routeTableId"]])["RouteTables"]
    else:
        found = _tables_of(context, arguments["subnetId"])
    table = found[0]
    return {
        "id": table["RouteTableId"],
        "routeTableId": table["RouteTableId"],
        "subnetId": arguments.get("subnetId", ""),
        "vpcId": table["VpcId"],
        "routes": [
            {"cidrBlock": route.get("DestinationCidrBlock", ""), "gatewayId": route.get("GatewayId", "")}
            for route in table["Routes"]
        ],
        "associations": [
            {"subnetId": association.get("SubnetId", ""), "main": bool(association.get("Main"))}
            for association in table["Associations"]
        ],
        "tags": _tags(table),
    }


def _tables_of(context: Context, subnet: str) -> list[Described]:
    tables = context.ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    if tables["RouteTables"]:
        return tables["RouteTables"]
    vpc = context.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    return context.ec2.describe_route_tables(Filters=main)["RouteTables"]


def _route_tables(context: Context, arguments: Described) -> Answer:
    filters = [{"Name": "vpc-id", "Values": [arguments["vpcId"]]}]
    tables = context.ec2.describe_route_tables(Filters=filters)["RouteTables"]
    return {"id": context.region, "ids": sorted(table["RouteTableId"] for table in tables)}


def _subnets(context: Context, arguments: Described) -> Answer:
    subnets = context.ec2.describe_subnets(Filters=_filters(arguments))["Subnets"]
    return {"id": context.region, "ids": sorted(subnet["SubnetId"] for subnet in subnets)}


def _security_group(context: Context, arguments: Described) -> Answer:
    group = context.ec2.describe_security_groups(GroupIds=[arguments["id"]])["SecurityGroups"][0]
    return {"id": group["GroupId"], "vpcId": group["VpcId"], "name": group["GroupName"], "tags": _tags(group)}


def _peerings(context: Context, arguments: Described) -> Answer:
    found = context.ec2.describe_vpc_peering_connections(Filters=_filters(arguments))["VpcPeeringConnections"]
    return {"id": context.region, "ids": sorted(peering["VpcPeeringConnectionId"] for peering in found)}


def _peering(context: Context, arguments: Described) -> Answer:
    found = context.ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[arguments["id"]])
    return {"id": arguments["id"], "tags": _tags(found["VpcPeeringConnections"][0])}


def _records(context: Context, arguments: Described) -> Answer:
    pages = context.client("route53").get_paginator("list_resource_record_sets")
    found = [one for page in pages.paginate(HostedZoneId=arguments["zoneId"]) for one in page["ResourceRecordSets"]]
    named = [one for one in found if re.search(arguments.get("nameRegex") or "", one["Name"])]
    return {"zoneId": arguments["zoneId"], "resourceRecordSets": [_record(one) for one in named]}


def _record(found: Described) -> Answer:
    alias = found.get("AliasTarget")
    return {
        "name": found["Name"],
        "type": found["Type"],
        "setIdentifier": found.get("SetIdentifier", ""),
        "weight": found.get("Weight", 0),
        "aliasTarget": {"dnsName": alias["DNSName"], "hostedZoneId": alias["HostedZoneId"]} if alias else None,
        "resourceRecords": [{"value": one["Value"]} for one in found.get("ResourceRecords", [])],
    }


def _secret_version(context: Context, arguments: Described) -> Answer:
    found = context.client("secretsmanager").get_secret_value(SecretId=arguments["secretId"])
    return {"arn": found["ARN"], "secretId": arguments["secretId"], "secretString": found["SecretString"]}


def _load_balancers(context: Context, arguments: Described) -> Answer:
    """ARNs of the load balancers that have all of some tags, as terraform-provider-aws' aws_lbs lists them."""
    elb = context.client("elbv2")
    pages = elb.get_paginator("describe_load_balancers").paginate()
    arns: list[str] = [one["LoadBalancerArn"] for page in pages for one in page["LoadBalancers"]]
    tagged: list[Described] = elb.describe_tags(ResourceArns=arns)["TagDescriptions"] if arns else []
    return {"arns": [one["ResourceArn"] for one in tagged if arguments["tags"].items() <= _tags(one).items()]}


def _load_balancer(context: Context, arguments: Described) -> Answer:
    found = context.client("elbv2").describe_load_balancers(LoadBalancerArns=[arguments["arn"]])["LoadBalancers"][0]
    return {"arn": found["LoadBalancerArn"], "dnsName": found["DNSName"], "zoneId": found["CanonicalHostedZoneId"]}


def _filters(arguments: Described) -> list[JsonObject]:
    return [{"Name": one["name"], "Values": one["values"]} for one in arguments["filters"]]


def _tags(described: Described) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}


ANSWERS: dict[str, Callable[[Context, Described], Answer]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getVpc:getVpc": _vpc,
    "aws:ec2/getSubnet:getSubnet": _subnet,
    "aws:ec2/getRouteTable:getRouteTable": _route_table,
    "aws:ec2/getRouteTables:getRouteTables": _route_tables,
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSecurityGroup:getSecurityGroup": _security_group,
    "aws:ec2/getVpcPeeringConnections:getVpcPeeringConnections": _peerings,
    "aws:ec2/getVpcPeeringConnection:getVpcPeeringConnection": _peering,
    "aws:lb/getLbs:getLbs": _load_balancers,
    "aws:lb/getLoadBalancer:getLoadBalancer": _load_balancer,
    "aws:route53/getRecords:getRecords": _records,
    "aws:secretsmanager/getSecretVersion:getSecretVersion": _secret_version,
}
