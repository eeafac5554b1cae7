"""Preflight of an existing database VPC: its ids must be right and complete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from tripod.core.naming import ownership_tag
from tripod.core.problems import Problem
from tripod.database.spec import PeerSpec


@dataclass(frozen=True)
class ObservedPeer:
    """A database VPC as AWS describes it.

    Attributes:
        cidr: its range.
        dns_support: true if it answers DNS.
        dns_hostnames: true if its instances get DNS names.
        route_tables: every route table that subnets use.
        groups: security group → its VPC; empty if there is no such group.
        unowned_peerings: peerings with the cluster's VPC that the cluster did not create.
    """

    cidr: str
    dns_support: bool
    dns_hostnames: bool
    route_tables: tuple[str, ...]
    groups: Mapping[str, str]
    unowned_peerings: tuple[str, ...]


def look_up_peer(
    peer: PeerSpec, cluster: str, adopted_vpc: str | None, opts: pulumi.InvokeOptions
) -> ObservedPeer | None:
    """Look up a database VPC in AWS.

    Args:
        peer: the peer; it names a VPC.
        cluster: the cluster's name.
        adopted_vpc: the cluster's VPC, if it is an adopted one.
        opts: the provider for the lookups, of the peer's region.

    Returns:
        None if there is no answer: `tripod plan` does not call AWS, and a VPC of another account without a role
        is not looked up.
    """
    if peer.account_id is not None and peer.role_arn is None:
        return None
    vpc = aws.ec2.get_vpc(id=peer.vpc_id, opts=opts)
    if not vpc.arn:
        return None
    return ObservedPeer(
        cidr=vpc.cidr_block,
        dns_support=vpc.enable_dns_support,
        dns_hostnames=vpc.enable_dns_hostnames,
        route_tables=tuple(_used_tables(peer, opts)),
        groups={
            database.security_group: aws.ec2.get_security_group(id=database.security_group, opts=opts).vpc_id
            for database in peer.databases
        },
        unowned_peerings=tuple(sorted(_unowned_peerings(peer, cluster, adopted_vpc, opts))) if adopted_vpc else (),
    )


def _used_tables(peer: PeerSpec, opts: pulumi.InvokeOptions) -> Iterator[str]:
    """List the route tables in use; the main one serves subnets without a table of their own."""
    subnets = set(aws.ec2.get_subnets(filters=[_filter("vpc-id", peer.vpc_id or "")], opts=opts).ids)
    main: str | None = None
    for id_ in aws.ec2.get_route_tables(vpc_id=peer.vpc_id, opts=opts).ids:
        associations = aws.ec2.get_route_table(route_table_id=id_, opts=opts).associations
        own = {association.subnet_id for association in associations if association.subnet_id}
        if any(association.main for association in associations):
            main = id_
        if own:
            yield id_
        subnets -= own
    if subnets and main is not None:
        yield main


def _unowned_peerings(peer: PeerSpec, cluster: str, adopted_vpc: str, opts: pulumi.InvokeOptions) -> set[str]:
    """List active peerings of the two VPCs, requested by either, without the cluster's tag."""
    unowned: set[str] = set()
    for near, far in ((adopted_vpc, peer.vpc_id or ""), (peer.vpc_id or "", adopted_vpc)):
        found = aws.ec2.get_vpc_peering_connections(
            filters=[
                aws.ec2.GetVpcPeeringConnectionsFilterArgs(name="requester-vpc-info.vpc-id", values=[near]),
                aws.ec2.GetVpcPeeringConnectionsFilterArgs(name="accepter-vpc-info.vpc-id", values=[far]),
                aws.ec2.GetVpcPeeringConnectionsFilterArgs(name="status-code", values=["active"]),
            ],
            opts=opts,
        )
        for id_ in found.ids:
            tags = aws.ec2.get_vpc_peering_connection(id=id_, opts=opts).tags
            if tags.get(ownership_tag(cluster)) != "owned":
                unowned.add(id_)
    return unowned


def _filter(name: str, value: str) -> aws.ec2.GetSubnetsFilterArgs:
    return aws.ec2.GetSubnetsFilterArgs(name=name, values=[value])


def peer_vpc_problems(peer: PeerSpec, found: ObservedPeer) -> Iterator[Problem]:
    """Find every reason why the peering would not work.

    Args:
        peer: the configured peer.
        found: the VPC as AWS describes it.
    """
    if peer.cidr != found.cidr:
        yield Problem(("cidr",), repr(peer.cidr), f"{found.cidr}, as AWS has it", "correct the range")
    for enabled, name in ((found.dns_support, "enableDnsSupport"), (found.dns_hostnames, "enableDnsHostnames")):
        if not enabled:
            yield Problem(("vpc_id",), f"{peer.vpc_id} with {name} off", f"{name} on", f"have its owner turn on {name}")
    for table in sorted(set(found.route_tables) - set(peer.route_tables)):
        yield Problem(
            ("route_tables",),
            f"a list without {table}",
            "every route table that subnets of the VPC use",
            f"add {table}: its subnets would have no route back",
        )
    for position, database in enumerate(peer.databases):
        place = found.groups.get(database.security_group)
        if place != peer.vpc_id:
            yield Problem(
                ("databases", position, "security_group"),
                f"{database.security_group}, which is in {place or 'no VPC'}",
                f"a security group of {peer.vpc_id}",
                "correct the id",
            )
    for id_ in found.unowned_peerings:
        yield Problem(
            ("vpc_id",),
            f"{peer.vpc_id}, which {id_} connects already",
            "a VPC without another peering with the cluster's",
            f"remove {id_}, or attach the databases where it was created: AWS allows no second one",
        )
