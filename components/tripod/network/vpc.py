"""A VPC of the cluster's own: three tiers of subnets in every zone, and egress."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory
from tripod.network.addresses import LOAD_BALANCER_TAGS, AddressPlan, Tier, member_reservation
from tripod.network.parts import NetworkParts, ZoneParts
from tripod.network.ranges import ANYWHERE
from tripod.network.s3_endpoint import make_s3_endpoint
from tripod.network.spec import NetworkSpec
from tripod.network.zones import in_slot_order


@dataclass(frozen=True)
class _Zone:
    name: str
    slot: int
    subnets: dict[Tier, aws.ec2.Subnet]
    ranges: dict[Tier, IPv4Network]
    routes: aws.ec2.RouteTable
    reservation: aws.ec2.SubnetCidrReservation


def make_vpc(children: ChildFactory, spec: NetworkSpec, region: str, account_id: pulumi.Input[str]) -> NetworkParts:
    """Make the VPC and everything in it.

    Args:
        children: names, parents and tags of the VPC's resources.
        spec: its settings.
        region: its region, which names the S3 endpoint.
        account_id: its account, whose buckets may be written to through the S3 endpoint.
    """
    vpc = aws.ec2.Vpc(
        children.logical_name("vpc"),
        cidr_block=spec.cidr,
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags=children.tags(role="network"),
        opts=children.opts(),
    )
    # Nothing may use the group that AWS makes with every VPC: without rules it opens nothing.
    aws.ec2.DefaultSecurityGroup(
        children.logical_name("default-group"),
        vpc_id=vpc.id,
        tags=children.tags("unused", role="unused"),
        opts=children.opts(),
    )
    public_routes, to_internet = _public_routes(children, vpc)
    zones = [_make_zone(children, vpc, spec.plan, zone, slot) for zone, slot in in_slot_order(spec.zones)]
    for zone in zones:
        _associate(children, zone.subnets[Tier.PUBLIC], public_routes, "public", zone.slot)
    egress = _egress(children, spec, zones, to_internet)
    tables = {zone.slot: zone.routes.id for zone in zones}
    make_s3_endpoint(children, vpc.id, tables, region, account_id, spec.bucket_accounts)
    return NetworkParts(
        vpc_id=vpc.id,
        zones=tuple(_parts(zone) for zone in zones),
        private_route_tables={str(zone.slot): zone.routes.id for zone in zones},
        egress=tuple(egress),
    )


def _public_routes(children: ChildFactory, vpc: aws.ec2.Vpc) -> tuple[aws.ec2.RouteTable, aws.ec2.Route]:
    gateway = aws.ec2.InternetGateway(
        children.logical_name("internet-gateway"),
        vpc_id=vpc.id,
        tags=children.tags(role="network"),
        opts=children.opts(),
    )
    routes = aws.ec2.RouteTable(
        children.logical_name("public-routes"),
        vpc_id=vpc.id,
        tags=children.tags("public", role="public"),
        opts=children.opts(),
    )
    to_internet = aws.ec2.Route(
        children.logical_name("public-internet"),
        route_table_id=routes.id,
        destination_cidr_block=str(ANYWHERE),
        gateway_id=gateway.id,
        opts=children.opts(),
    )
    return routes, to_internet


def _make_zone(children: ChildFactory, vpc: aws.ec2.Vpc, plan: AddressPlan, zone: str, slot: int) -> _Zone:
    """The subnets of a zone, and the route table that its private ones share."""
    ranges = {tier: plan.subnet(tier, slot) for tier in Tier}
    subnets = {tier: _make_subnet(children, vpc, zone, slot, tier, ranges[tier]) for tier in Tier}
    routes = aws.ec2.RouteTable(
        children.logical_name("private-routes", slot),
        vpc_id=vpc.id,
        tags=children.tags("private", zone, role="private"),
        opts=children.opts(),
    )
    for tier in (Tier.NODES, Tier.CONTROL):
        _associate(children, subnets[tier], routes, tier, slot)
    reservation = aws.ec2.SubnetCidrReservation(
        children.logical_name("member-addresses", slot),
        subnet_id=subnets[Tier.CONTROL].id,
        cidr_block=str(member_reservation(ranges[Tier.CONTROL])),
        reservation_type="explicit",
        opts=children.opts(),
    )
    return _Zone(zone, slot, subnets, ranges, routes, reservation)


def _make_subnet(
    children: ChildFactory, vpc: aws.ec2.Vpc, zone: str, slot: int, tier: Tier, range_: IPv4Network
) -> aws.ec2.Subnet:
    discovery = {LOAD_BALANCER_TAGS[tier]: "1"} if tier in LOAD_BALANCER_TAGS else {}
    return aws.ec2.Subnet(
        children.logical_name(tier, slot),
        vpc_id=vpc.id,
        cidr_block=str(range_),
        availability_zone=zone,
        map_public_ip_on_launch=False,
        tags=children.tags(tier, zone, role=tier, **discovery),
        opts=children.opts(),
    )


def _associate(
    children: ChildFactory, subnet: aws.ec2.Subnet, routes: aws.ec2.RouteTable, tier: str, slot: int
) -> None:
    aws.ec2.RouteTableAssociation(
        children.logical_name(tier, "routes", slot), subnet_id=subnet.id, route_table_id=routes.id, opts=children.opts()
    )


def _egress(
    children: ChildFactory, spec: NetworkSpec, zones: list[_Zone], to_internet: aws.ec2.Route
) -> list[pulumi.Resource]:
    """A NAT gateway in every zone, or in the first for all, and each private table's route to it."""
    with_gateway = zones if spec.nat == "zone" else zones[:1]
    gateways = {zone.slot: _nat_gateway(children, zone, to_internet) for zone in with_gateway}
    return [
        aws.ec2.Route(
            children.logical_name("private-internet", zone.slot),
            route_table_id=zone.routes.id,
            destination_cidr_block=str(ANYWHERE),
            nat_gateway_id=gateways.get(zone.slot, gateways[with_gateway[0].slot]).id,
            opts=children.opts(),
        )
        for zone in zones
    ]


def _nat_gateway(children: ChildFactory, zone: _Zone, to_internet: aws.ec2.Route) -> aws.ec2.NatGateway:
    address = aws.ec2.Eip(
        children.logical_name("nat-address", zone.slot),
        domain="vpc",
        tags=children.tags("nat", zone.name, role="nat"),
        opts=children.opts(),
    )
    return aws.ec2.NatGateway(
        children.logical_name("nat", zone.slot),
        subnet_id=zone.subnets[Tier.PUBLIC].id,
        allocation_id=address.id,
        tags=children.tags("nat", zone.name, role="nat"),
        opts=children.opts(depends_on=[to_internet]),
    )


def _parts(zone: _Zone) -> ZoneParts:
    return ZoneParts(
        zone=zone.name,
        slot=zone.slot,
        nodes_subnet_id=zone.subnets[Tier.NODES].id,
        control_subnet_id=zone.subnets[Tier.CONTROL].id,
        public_subnet_id=zone.subnets[Tier.PUBLIC].id,
        nodes_range=zone.ranges[Tier.NODES],
        public_range=zone.ranges[Tier.PUBLIC],
        control_range=zone.ranges[Tier.CONTROL],
        member_reservation=zone.reservation,
    )
