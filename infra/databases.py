"""The databases beside the cluster: those that exist, and the example."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from providers import Providers
from settings import Settings
from tripod import Cluster, DatabasePeering, DatabasePeeringArgs, DatabaseTarget, ExampleDatabase, PeerSpec

EXAMPLE_PORT = 5432


@dataclass(frozen=True)
class _PeerVpc:
    vpc_id: pulumi.Input[str]
    route_tables: dict[str, pulumi.Input[str]]
    databases: list[DatabaseTarget]


def peer_with_databases(settings: Settings, cluster: Cluster, providers: Providers) -> dict[str, DatabasePeering]:
    """Make every peering of the configuration: peer → peering."""
    return {peer.name: _peer(settings, cluster, peer, providers.get(peer.name)) for peer in settings.peers}


def _peer(settings: Settings, cluster: Cluster, peer: PeerSpec, provider: aws.Provider | None) -> DatabasePeering:
    options = pulumi.ResourceOptions(provider=provider) if provider else None
    vpc = _existing(peer) if peer.example is None else _example(settings, peer, options)
    args: DatabasePeeringArgs = {
        **cluster.peering_side(),
        "peer_vpc_id": vpc.vpc_id,
        "peer_cidr": peer.cidr,
        "peer_route_tables": vpc.route_tables,
        "databases": vpc.databases,
        "accept": peer.accept,
        "active": peer.active,
        "dns_resolution": peer.dns_resolution,
    }
    if peer.region:
        args["peer_region"] = peer.region
    if peer.account_id:
        args["peer_account_id"] = peer.account_id
    if provider:
        args["peer_provider"] = provider
    return DatabasePeering(f"peer-{peer.name}", args)


def _existing(peer: PeerSpec) -> _PeerVpc:
    """A VPC that somebody else made."""
    databases: list[DatabaseTarget] = []
    for database in peer.databases:
        target = DatabaseTarget(
            name=database.name,
            port=database.port,
            endpoint=database.endpoint,
            security_group_id=database.security_group,
        )
        if database.credentials and database.credentials.value is not None:
            target["credentials"] = pulumi.Output.secret(database.credentials.value)
        elif database.credentials and database.credentials.secret_name is not None:
            target["credentials_secret"] = database.credentials.secret_name
        databases.append(target)
    return _PeerVpc(peer.vpc_id or "", {table: table for table in peer.route_tables}, databases)


def _example(settings: Settings, peer: PeerSpec, options: pulumi.ResourceOptions | None) -> _PeerVpc:
    """A small VPC with a database, to try the peering on."""
    plain = peer.example.plain() if peer.example else {}
    example = ExampleDatabase(
        f"database-{peer.name}",
        {
            "cluster_name": settings.cluster.name,
            "tags": settings.cluster.all_tags(),
            "cidr": peer.cidr,
            "zones": list(plain["zones"]),
            "instance_class": plain["instance_class"],
            "engine_version": plain["engine_version"],
            "protect": settings.cluster.protect,
        },
        options,
    )
    target = DatabaseTarget(
        name=peer.name,
        port=EXAMPLE_PORT,
        endpoint=example.endpoint,
        security_group_id=example.security_group_id,
        credentials_secret=example.credentials_secret_arn,
    )
    return _PeerVpc(example.vpc_id, {"example": example.route_table_id}, [target])
