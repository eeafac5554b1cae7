"""Arguments of a stack's components, made from its validated specification."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from tripod.addons.component import AddOns, AddOnsArgs
from tripod.cluster.component import ClusterArgs
from tripod.core.component import OwnedArgs, with_spec
from tripod.core.problems import ConfigurationError, Problem
from tripod.database.example import ExampleDatabase, ExampleDatabaseArgs
from tripod.database.peering import DatabasePeeringArgs, DatabaseTarget
from tripod.database.peering_spec import ClusterSide, PeeringSpec
from tripod.database.spec import ExampleDatabaseSpec, PeerSpec
from tripod.dns.cutover import WeightedCutoverArgs
from tripod.dns.spec import CutoverSpec, excluded_names
from tripod.security.ports import POSTGRES
from tripod.stack.spec import StackSpec


@dataclass(frozen=True)
class PeerVpc:
    """A VPC with databases.

    Attributes:
        vpc_id: its id.
        route_tables: key → id of every route table of the databases' subnets.
        databases: the databases in it.
    """

    vpc_id: pulumi.Input[str]
    route_tables: dict[str, pulumi.Input[str]]
    databases: list[DatabaseTarget]


def cluster_args(spec: StackSpec) -> ClusterArgs:
    """Arguments of Cluster."""
    return with_spec(spec.cluster_spec())


def add_ons_args(spec: StackSpec, **inputs: object) -> AddOnsArgs:
    """Arguments of AddOns: external-dns does not manage the names of cut-overs, nor those of databases.

    Args:
        spec: the stack.
        **inputs: the kubeconfig and the cluster.
    """
    zones = spec.add_ons.zones
    cutover_names = excluded_names(spec.cutovers, [zone.name for zone in (zones.public, zones.private) if zone])
    internal_zone = spec.cluster_spec().internal_zone
    databases = [f"{name}.{internal_zone}" for peer in spec.peers for name in peer.database_names]
    excluded = tuple(dict.fromkeys((*zones.excluded, *cutover_names, *databases)))
    add_ons = spec.add_ons.model_copy(update={"zones": zones.model_copy(update={"excluded": excluded})})
    return with_spec(add_ons, **inputs)


def cutover_args(spec: StackSpec, cutover: CutoverSpec, add_ons: AddOns | None = None) -> WeightedCutoverArgs:
    """Arguments of WeightedCutover.

    Args:
        spec: the stack.
        cutover: the cut-over. Without ``new`` its new side is the ingress' load balancer, an alias if the old one is.
        add_ons: the cluster's add-ons, with the ingress.

    Raises:
        ConfigurationError: it has no ``new``, and the program installs no add-ons.
    """
    owned = {**_owned(spec), "protect": spec.cluster.protect}
    if cutover.new is not None:
        return with_spec(cutover, **owned)
    missing = partial(_require_ingress, spec.cutovers.index(cutover))
    if add_ons is None:
        return missing(None)
    inputs: dict[str, object] = {"new_dns_name": add_ons.ingress_dns_name.apply(missing)}
    if cutover.old and cutover.old.hosted_zone_id is not None:
        inputs["new_hosted_zone_id"] = add_ons.ingress_hosted_zone_id.apply(missing)
    return with_spec(cutover, **owned, **inputs)


def _require_ingress(position: int, found: str | None) -> Any:
    """Return what was found of the ingress' load balancer.

    Raises:
        ConfigurationError: the cluster has none.
    """
    if found is None:
        path = ("tripod:cutovers", position, "new")
        given = "nothing, and the ingress has no load balancer"
        remedy = "give dnsName; an ingress of kind gateway has its load balancer at the next `pulumi up`"
        raise ConfigurationError([Problem(path, given, "a load balancer", remedy)])
    return found


def example_database_args(spec: StackSpec, peer: PeerSpec, example: ExampleDatabaseSpec) -> ExampleDatabaseArgs:
    """Arguments of a peer's ExampleDatabase."""
    return with_spec(example, **_owned(spec), cidr=peer.cidr, protect=spec.cluster.protect)


def example_vpc(peer: PeerSpec, example: ExampleDatabase) -> PeerVpc:
    """The VPC of a peer's example database."""
    target = DatabaseTarget(
        name=peer.name,
        port=POSTGRES,
        endpoint=example.endpoint,
        security_group_id=example.security_group_id,
        credentials_secret=example.credentials_secret_arn,
    )
    return PeerVpc(example.vpc_id, {"example": example.route_table_id}, [target])


def existing_vpc(peer: PeerSpec) -> PeerVpc:
    """The existing VPC of a peer."""
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
    return PeerVpc(peer.vpc_id or "", {table: table for table in peer.route_tables}, databases)


def peering_args(peer: PeerSpec, side: ClusterSide, vpc: PeerVpc, provider: aws.Provider | None) -> DatabasePeeringArgs:
    """Arguments of DatabasePeering.

    Args:
        peer: the peer.
        side: the cluster's side.
        vpc: the peer's VPC.
        provider: the provider of its region and account, if not the cluster's.
    """
    return with_spec(
        PeeringSpec.of(peer, side),
        **{key: value for key, value in side.items() if key not in PeeringSpec.model_fields},
        peer_vpc_id=vpc.vpc_id,
        peer_route_tables=vpc.route_tables,
        databases=vpc.databases,
        **({"peer_provider": provider} if provider else {}),
    )


def _owned(spec: StackSpec) -> OwnedArgs:
    return OwnedArgs(cluster_name=spec.cluster.name, tags=spec.cluster.all_tags())
