"""The component DatabasePeering: the five things that make a database in another VPC reachable.

A peering connection, routes both ways in every table, name resolution across it, DNS in both VPCs (which the
networks themselves see to), and one narrow rule in each database's security group.
"""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Literal, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import Path, Problem, raise_if_any
from tripod.core.spec import Spec
from tripod.database.credentials import stored
from tripod.database.spec import PeerSpec, options_problems, port_problems
from tripod.network.ranges import overlap_problems, private_range_problems, try_parse_range

NAME_TTL = 60
"""Seconds for which a database's name is remembered: a failover must not be."""


class DatabaseTarget(TypedDict):
    """A database in the peer VPC."""

    name: str
    """What applications call it: <name>.<internal zone>."""
    port: int
    """Its port."""
    endpoint: pulumi.Input[str]
    """Its DNS name."""
    security_group_id: pulumi.Input[str]
    """Its security group."""
    credentials: NotRequired[pulumi.Input[str]]
    """What applications log in with, JSON with username and password; it is put into Secrets Manager."""
    credentials_secret: NotRequired[pulumi.Input[str]]
    """The name of a secret in Secrets Manager that has it already."""


class PeeringSpec(Spec):
    """What must be known of a peering before it is made."""

    cluster_ranges: dict[str, str]
    node_ranges: dict[str, str]
    peer_cidr: str
    peer_region: str | None = None
    peer_account_id: str | None = None
    accept: Literal["automatic", "by-hand"] = "automatic"
    active: bool = True
    dns_resolution: bool = True

    @classmethod
    def of(cls, peer: PeerSpec, side: "ClusterSide") -> "PeeringSpec":
        """The specification of a peer that is validated already, against the cluster's ranges too."""
        return cls.model_construct(
            cluster_ranges=side["cluster_ranges"],
            node_ranges=side["node_ranges"],
            peer_cidr=peer.cidr,
            peer_region=peer.region,
            peer_account_id=peer.account_id,
            accept=peer.accept,
            active=peer.active,
            dns_resolution=peer.dns_resolution,
        )

    def _rules(self) -> Iterator[Problem]:
        peer = try_parse_range(self.peer_cidr)
        yield from private_range_problems(self.peer_cidr, peer, ("peer_cidr",), 8, 28)
        ranges: dict[Path, IPv4Network | None] = {
            ("cluster_ranges", what): try_parse_range(text) for what, text in self.cluster_ranges.items()
        }
        yield from overlap_problems({**ranges, ("peer_cidr",): peer})
        yield from options_problems(self.accept, False, active=self.active, dns_resolution=self.dns_resolution)


class ClusterSide(OwnedArgs):
    """The cluster's side of a peering, as Cluster.peering_side gives it."""

    region: str
    """The cluster's region."""
    vpc_id: pulumi.Input[str]
    """The cluster's VPC."""
    cluster_ranges: dict[str, str]
    """What → range, of the VPC, pods and Services: the peer's shares no address with them. The VPC's is "vpc"."""
    node_ranges: dict[str, str]
    """Slot → range of the workers' subnets, which a database in another region lets in."""
    private_route_tables: dict[str, pulumi.Input[str]]
    """Key → id of every route table of the cluster's nodes."""
    workers_security_group_id: pulumi.Input[str]
    """The workers' security group, which a database in the same region lets in."""
    internal_zone_id: pulumi.Input[str]
    """The private zone that the databases' names go to."""
    internal_zone: str
    """Its name."""
    incarnation: pulumi.Input[str]
    """Which life of the cluster this is: credentials outlive it."""
    secrets_key_arn: pulumi.Input[str]
    """The KMS key of credentials."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete credentials. Default: true."""


class DatabasePeeringArgs(ClusterSide):
    """Arguments of DatabasePeering."""

    peer_vpc_id: pulumi.Input[str]
    """The databases' VPC."""
    peer_cidr: str
    """Its range."""
    peer_route_tables: dict[str, pulumi.Input[str]]
    """Key → id of every route table of the databases' subnets."""
    databases: list[DatabaseTarget]
    """The databases."""
    peer_region: NotRequired[str]
    """Its region, where it is another."""
    peer_account_id: NotRequired[str]
    """Its account, where it is another."""
    accept: NotRequired[str]
    """automatic, or by-hand where its owner accepts the peering. Default: automatic."""
    active: NotRequired[bool]
    """Whether a peering accepted by hand is. Default: true."""
    dns_resolution: NotRequired[bool]
    """Whether each side resolves the other's names to private addresses. Default: true."""
    peer_provider: NotRequired[aws.Provider]
    """The provider of the peer's region and account, where they are others."""


class DatabasePeering(pulumi.ComponentResource):
    """A peering with a database VPC, complete: what is missing in one direction is missed at night.

    Raises:
        ConfigurationError: the ranges overlap, or options cannot be set on a peering that is not active; nothing
            was made.
    """

    connection_id: pulumi.Output[str]
    """The peering connection."""
    names: pulumi.Output[dict[str, str]]
    """Database → the name that applications use."""
    credentials: pulumi.Output[dict[str, str]]
    """Database → the secret with its credentials, of those that have any."""
    retained: pulumi.Output[dict[str, str]]
    """What a destroy leaves behind: what it is → its name."""

    def __init__(self, name: str, args: DatabasePeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(PeeringSpec, args, DatabasePeeringArgs)
        for position, database in enumerate(args["databases"]):
            found = [
                problem.under("databases", position) for problem in port_problems(int(database["port"]), ("port",))
            ]
            raise_if_any(found)
        recorded = recorded_inputs({key: value for key, value in args.items() if key != "peer_provider"})
        super().__init__("tripod:index:DatabasePeering", name, recorded, opts)
        scope = ChildFactory.of(name, self, args)
        far = {"provider": args["peer_provider"]} if "peer_provider" in args else {}
        connection, active = _connect(scope, spec, args, far)
        if spec.dns_resolution:
            _resolve_names(scope, connection, active, far)
        _route(scope, args, spec, active, far)
        for database in args["databases"]:
            _let_in(scope, spec, args, database, active, far)
            _name(scope, args, database)
        self.connection_id = connection.id
        self.names = pulumi.Output.from_input(
            {database["name"]: f"{database['name']}.{args['internal_zone']}" for database in args["databases"]}
        )
        secrets = {database["name"]: _credentials(scope, args, database) for database in args["databases"]}
        self.credentials = _given(secrets)
        kept = {
            f"secret database {one['name']}": secrets[one["name"]] for one in args["databases"] if "credentials" in one
        }
        self.retained = _given(kept)
        self.register_outputs(annotated_outputs(self))


def _given(values: Mapping[str, pulumi.Input[str] | None]) -> pulumi.Output[dict[str, str]]:
    """Those of some values that there are. `Output.all` of nothing would be a list."""
    given = {key: value for key, value in values.items() if value is not None}
    none: dict[str, str] = {}
    return pulumi.Output.all(**given) if given else pulumi.Output.from_input(none)


def _connect(
    scope: ChildFactory, spec: PeeringSpec, args: DatabasePeeringArgs, far: Mapping[str, aws.Provider]
) -> tuple[aws.ec2.VpcPeeringConnection, pulumi.Resource]:
    """The connection, and what stands when it is active: nothing may use it before."""
    tags = scope.tags("peering", role="peering")
    connection = aws.ec2.VpcPeeringConnection(
        scope.child("connection"),
        vpc_id=args["vpc_id"],
        peer_vpc_id=args["peer_vpc_id"],
        peer_region=spec.peer_region if spec.peer_region != args["region"] else None,
        peer_owner_id=spec.peer_account_id,
        tags=tags,
        opts=scope.opts(),
    )
    if spec.accept == "by-hand":
        return connection, connection
    accepter = aws.ec2.VpcPeeringConnectionAccepter(
        scope.child("accepter"),
        vpc_peering_connection_id=connection.id,
        auto_accept=True,
        tags=tags,
        opts=scope.opts(**far),
    )
    return connection, accepter


def _resolve_names(
    scope: ChildFactory,
    connection: aws.ec2.VpcPeeringConnection,
    active: pulumi.Resource,
    far: Mapping[str, aws.Provider],
) -> None:
    """Each side is set by its own provider: across regions AWS takes it only there."""
    aws.ec2.PeeringConnectionOptions(
        scope.child("cluster-names"),
        vpc_peering_connection_id=connection.id,
        requester={"allow_remote_vpc_dns_resolution": True},
        opts=scope.opts(depends_on=[active]),
    )
    aws.ec2.PeeringConnectionOptions(
        scope.child("database-names"),
        vpc_peering_connection_id=connection.id,
        accepter={"allow_remote_vpc_dns_resolution": True},
        opts=scope.opts(depends_on=[active], **far),
    )


def _route(
    scope: ChildFactory,
    args: DatabasePeeringArgs,
    spec: PeeringSpec,
    active: pulumi.Resource,
    far: Mapping[str, aws.Provider],
) -> None:
    """Ways there and back, in every table."""
    ways: tuple[tuple[str, Mapping[str, pulumi.Input[str]], str, Mapping[str, aws.Provider]], ...] = (
        ("there", args["private_route_tables"], spec.peer_cidr, {}),
        ("back", args["peer_route_tables"], spec.cluster_ranges["vpc"], far),
    )
    for way, tables, destination, provider in ways:
        for key, table in tables.items():
            aws.ec2.Route(
                scope.child(way, key),
                route_table_id=table,
                destination_cidr_block=destination,
                vpc_peering_connection_id=_id_of(active),
                opts=scope.opts(**provider),
            )


def _id_of(active: pulumi.Resource) -> pulumi.Output[str]:
    """The connection's id, from what stands when it is active: a route depends on that by its value."""
    if isinstance(active, aws.ec2.VpcPeeringConnectionAccepter):
        return active.vpc_peering_connection_id
    return active.id if isinstance(active, aws.ec2.VpcPeeringConnection) else pulumi.Output.from_input("")


def _let_in(
    scope: ChildFactory,
    spec: PeeringSpec,
    args: DatabasePeeringArgs,
    database: DatabaseTarget,
    active: pulumi.Resource,
    far: Mapping[str, aws.Provider],
) -> None:
    """The workers, to the database's port. Groups of another region cannot be named: their ranges are."""
    abroad = spec.peer_region not in (None, args["region"])
    sources: dict[str, dict[str, pulumi.Input[str]]] = (
        {key: {"cidr_ipv4": range_} for key, range_ in spec.node_ranges.items()}
        if abroad
        else {"workers": {"referenced_security_group_id": args["workers_security_group_id"]}}
    )
    for key, source in sources.items():
        aws.vpc.SecurityGroupIngressRule(
            scope.child(database["name"], "from", key),
            security_group_id=database["security_group_id"],
            ip_protocol="tcp",
            from_port=int(database["port"]),
            to_port=int(database["port"]),
            description=f"workers of {scope.cluster}",
            tags=scope.tags(database["name"], role="database"),
            opts=scope.opts(depends_on=[active], **far),
            **source,
        )


def _name(scope: ChildFactory, args: DatabasePeeringArgs, database: DatabaseTarget) -> None:
    aws.route53.Record(
        scope.child(database["name"], "name"),
        zone_id=args["internal_zone_id"],
        name=f"{database['name']}.{args['internal_zone']}",
        type="CNAME",
        ttl=NAME_TTL,
        records=[database["endpoint"]],
        opts=scope.opts(),
    )


def _credentials(scope: ChildFactory, args: DatabasePeeringArgs, database: DatabaseTarget) -> pulumi.Input[str] | None:
    """The name of the secret that has a database's credentials: a given one, or one made of a given value."""
    if "credentials" not in database:
        return database.get("credentials_secret")
    name = pulumi.Output.concat(scope.cluster, "/", args["incarnation"], "/database/", database["name"])
    keep = scope.retained_opts(args.get("protect", True))
    return stored(scope, database["name"], name, database["credentials"], args["secrets_key_arn"], keep)
