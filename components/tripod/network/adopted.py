"""An adopted VPC: checked before any resource is created, and never changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import cast

import pulumi
import pulumi_aws as aws

from tripod.core.naming import ownership_tag
from tripod.core.problems import Path, Problem
from tripod.network.addresses import LOAD_BALANCER_TAGS, Tier
from tripod.network.parts import NetworkParts, ZoneParts
from tripod.network.spec import AdoptedSubnetSpec, AdoptedVpcSpec, NetworkSpec
from tripod.network.zones import in_slot_order


@dataclass(frozen=True)
class FoundSubnet:
    """A subnet, as AWS describes it."""

    vpc_id: str
    zone: str
    cidr: str
    tags: Mapping[str, str]
    route_table: str
    internet_gateway: bool


@dataclass(frozen=True)
class FoundVpc:
    """A VPC, as AWS describes it.

    Attributes:
        vpc_id: its id.
        dns_support: true if it resolves DNS.
        dns_hostnames: true if its instances get DNS names.
        subnets: id → subnet.
    """

    vpc_id: str
    dns_support: bool
    dns_hostnames: bool
    subnets: Mapping[str, FoundSubnet]


def adopted_subnets(adopt: AdoptedVpcSpec) -> Iterator[tuple[Path, str, Tier, AdoptedSubnetSpec]]:
    """Every subnet that is configured: its path, zone and tier."""
    for zone, subnets in adopt.zones.items():
        for tier in Tier:
            subnet: AdoptedSubnetSpec | None = getattr(subnets, tier.value)
            if subnet is not None:
                yield ("adopt", "zones", zone, tier.value), zone, tier, subnet


def look_up_vpc(adopt: AdoptedVpcSpec, opts: pulumi.InvokeOptions) -> FoundVpc | None:
    """Read the VPC from AWS; None in `tripod plan`, which calls no AWS."""
    vpc = aws.ec2.get_vpc(id=adopt.vpc_id, opts=opts)
    if not vpc.arn:
        return None
    return FoundVpc(
        vpc_id=adopt.vpc_id,
        dns_support=vpc.enable_dns_support,
        dns_hostnames=vpc.enable_dns_hostnames,
        subnets={subnet.id: _look_up_subnet(subnet.id, opts) for _, _, _, subnet in adopted_subnets(adopt)},
    )


def _look_up_subnet(subnet_id: str, opts: pulumi.InvokeOptions) -> FoundSubnet:
    subnet = aws.ec2.get_subnet(id=subnet_id, opts=opts)
    table = aws.ec2.get_route_table(subnet_id=subnet_id, opts=opts)
    return FoundSubnet(
        vpc_id=subnet.vpc_id,
        zone=subnet.availability_zone,
        cidr=subnet.cidr_block or "",
        tags=subnet.tags,
        route_table=table.route_table_id,
        internet_gateway=any((route.gateway_id or "").startswith("igw-") for route in table.routes),
    )


def adoption_problems(adopt: AdoptedVpcSpec, found: FoundVpc, cluster: str) -> Iterator[Problem]:
    """Find every reason why the VPC cannot carry the cluster, such as missing tags.

    Args:
        adopt: the VPC in the configuration.
        found: the VPC in AWS.
        cluster: the cluster's name.
    """
    for on, name in ((found.dns_support, "enableDnsSupport"), (found.dns_hostnames, "enableDnsHostnames")):
        if not on:
            yield Problem(
                ("adopt", "vpc_id"), f"{found.vpc_id} with {name} off", f"{name} on", f"have its owner turn on {name}"
            )
    tables: set[str] = set()
    for path, zone, tier, subnet in adopted_subnets(adopt):
        actual = found.subnets[subnet.id]
        if tier is not Tier.PUBLIC:
            tables.add(actual.route_table)
        yield from _subnet_problems(path, zone, tier, subnet, actual, found.vpc_id)
        yield from _missing_tags(path, tier, subnet, actual, cluster)
    for table in sorted(tables - set(adopt.private_route_tables)):
        yield Problem(
            ("adopt", "private_route_tables"),
            f"a list without {table}",
            "every route table of the nodes and control subnets",
            f"add {table}: routes to peers would not reach its subnets",
        )


def _subnet_problems(
    path: Path, zone: str, tier: Tier, subnet: AdoptedSubnetSpec, actual: FoundSubnet, vpc_id: str
) -> Iterator[Problem]:
    for what, given, found in (
        ("zone", zone, actual.zone),
        ("vpc", vpc_id, actual.vpc_id),
        ("cidr", subnet.cidr, actual.cidr),
    ):
        if given != found:
            yield Problem((*path, "id"), f"{subnet.id} with {what} {given}", f"{what} {found}", "correct the entry")
    if tier is Tier.PUBLIC and not actual.internet_gateway:
        yield Problem(
            (*path, "id"), f"{subnet.id} without a route to an Internet gateway", "a public subnet", "choose another"
        )
    if tier is not Tier.PUBLIC and actual.internet_gateway:
        yield Problem(
            (*path, "id"), f"{subnet.id} with a route to an Internet gateway", "a private subnet", "choose another"
        )


def _missing_tags(
    path: Path, tier: Tier, subnet: AdoptedSubnetSpec, actual: FoundSubnet, cluster: str
) -> Iterator[Problem]:
    wanted: list[tuple[str, tuple[str, ...]]] = [(ownership_tag(cluster), ("shared", "owned"))]
    if tier in LOAD_BALANCER_TAGS:
        wanted.append((LOAD_BALANCER_TAGS[tier], ("1",)))
    for key, values in wanted:
        if actual.tags.get(key) not in values:
            yield Problem(
                (*path, "id"),
                f"{subnet.id} without tag {key}",
                f"{key}={values[0]}",
                f"have its owner run: aws ec2 create-tags --resources {subnet.id} --tags Key={key},Value={values[0]}",
            )


def adopt_vpc(spec: NetworkSpec, adopt: AdoptedVpcSpec) -> NetworkParts:
    """The parts of an adopted VPC."""
    return NetworkParts(
        vpc_id=pulumi.Output.from_input(adopt.vpc_id),
        zones=tuple(_parts(adopt, zone, slot) for zone, slot in in_slot_order(spec.zones)),
        private_route_tables={table: pulumi.Output.from_input(table) for table in adopt.private_route_tables},
        egress=(),
    )


def _parts(adopt: AdoptedVpcSpec, zone: str, slot: int) -> ZoneParts:
    subnets = adopt.zones[zone]
    return ZoneParts(
        zone=zone,
        slot=slot,
        nodes_subnet_id=pulumi.Output.from_input(subnets.nodes.id),
        control_subnet_id=pulumi.Output.from_input(subnets.control.id),
        public_subnet_id=pulumi.Output.from_input(subnets.public.id) if subnets.public else None,
        nodes_range=cast("IPv4Network", subnets.nodes.range),
        public_range=subnets.public.range if subnets.public else None,
        control_range=cast("IPv4Network", subnets.control.range),
        member_reservation=None,
    )
