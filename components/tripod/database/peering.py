"""The component DatabasePeering: everything that makes a database in another VPC reachable.

That is a peering connection, routes in both directions in every table, DNS resolution across it, DNS in both VPCs
(which the networks themselves configure), and one narrow rule in each database's security group.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.database.credentials import store_credentials
from tripod.database.peering_spec import ClusterSide, PeeringSpec
from tripod.database.spec import port_problems

NAME_TTL = 60
"""TTL in seconds of a database's record; short, so that failovers are picked up."""


class DatabaseTarget(TypedDict):
    """A database in the peer VPC."""

    name: str
    """Its name for applications: <name>.<internal zone>."""
    port: int
    """Its port."""
    endpoint: pulumi.Input[str]
    """Its DNS name."""
    security_group_id: pulumi.Input[str]
    """Its security group."""
    credentials: NotRequired[pulumi.Input[str]]
    """Credentials of applications, JSON with username and password, to store in Secrets Manager."""
    credentials_secret: NotRequired[pulumi.Input[str]]
    """The name of an existing secret in Secrets Manager with the credentials."""


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
    """Its region, if not the cluster's."""
    peer_account_id: NotRequired[str]
    """Its account, if not the cluster's."""
    accept: NotRequired[str]
    """automatic, or by-hand if its owner accepts the peering. Default: automatic."""
    active: NotRequired[bool]
    """With accept: by-hand, true once the peering has been accepted. Default: true."""
    dns_resolution: NotRequired[bool]
    """If true, each side resolves the other's names to private addresses. Default: true."""
    peer_provider: NotRequired[aws.Provider]
    """The provider of the peer's region and account, if not the cluster's."""


class DatabasePeering(pulumi.ComponentResource):
    """A complete peering with a database VPC: connection, routes, DNS, security-group rules and names.

    Raises:
        ConfigurationError: the ranges overlap, or options cannot be set on a peering that is not active; no
            resource was created.
    """

    connection_id: pulumi.Output[str]
    """The peering connection."""
    names: pulumi.Output[dict[str, str]]
    """Database → its name for applications."""
    credentials: pulumi.Output[dict[str, str]]
    """Database → the secret with its credentials, for databases that have them."""
    retained: pulumi.Output[dict[str, str]]
    """Description → name of the secrets that a destroy retains."""

    def __init__(self, name: str, args: DatabasePeeringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(PeeringSpec, args, DatabasePeeringArgs)
        for position, database in enumerate(args["databases"]):
            raise_if_any(port_problems(int(database["port"]), ("databases", position, "port")))
        recorded = recorded_inputs({key: value for key, value in args.items() if key != "peer_provider"})
        super().__init__("tripod:index:DatabasePeering", name, recorded, opts)
        children = ChildFactory.of(name, self, args)
        peer_opts = {"provider": args["peer_provider"]} if "peer_provider" in args else {}
        connection, active, active_id = _connect(children, spec, args, peer_opts)
        if spec.dns_resolution:
            _enable_dns_resolution(children, connection, active, peer_opts)
        _make_routes(children, args, spec, active_id, peer_opts)
        workers = _workers_group(self, spec, args)
        for database in args["databases"]:
            _allow_workers(children, spec, args, workers, database, active, peer_opts)
            _make_record(children, args, database)
        self.connection_id = connection.id
        self.names = pulumi.Output.from_input(
            {database["name"]: f"{database['name']}.{args['internal_zone']}" for database in args["databases"]}
        )
        secrets = {database["name"]: _credentials(children, args, database) for database in args["databases"]}
        self.credentials = _present(secrets)
        created = (one["name"] for one in args["databases"] if "credentials" in one)
        self.retained = _present({f"secret database {database}": secrets[database] for database in created})
        self.register_outputs(annotated_outputs(self))


def _present(values: Mapping[str, pulumi.Input[str] | None]) -> pulumi.Output[dict[str, str]]:
    """Combine the values that are not None. `Output.all` without arguments would be a list."""
    given = {key: value for key, value in values.items() if value is not None}
    none: dict[str, str] = {}
    return pulumi.Output.all(**given) if given else pulumi.Output.from_input(none)


def _connect(
    children: ChildFactory, spec: PeeringSpec, args: DatabasePeeringArgs, peer_opts: Mapping[str, aws.Provider]
) -> tuple[aws.ec2.VpcPeeringConnection, pulumi.Resource, pulumi.Output[str]]:
    """Create the connection; also return the resource that exists once it is active, and the id that it then has."""
    tags = children.tags("peering", role="peering")
    connection = aws.ec2.VpcPeeringConnection(
        children.logical_name("connection"),
        vpc_id=args["vpc_id"],
        peer_vpc_id=args["peer_vpc_id"],
        peer_region=spec.peer_region if spec.peer_region != args["region"] else None,
        peer_owner_id=spec.peer_account_id,
        tags=tags,
        opts=children.opts(),
    )
    if spec.accept == "by-hand":
        return connection, connection, connection.id
    accepter = aws.ec2.VpcPeeringConnectionAccepter(
        children.logical_name("accepter"),
        vpc_peering_connection_id=connection.id,
        auto_accept=True,
        tags=tags,
        opts=children.opts(**peer_opts),
    )
    return connection, accepter, accepter.vpc_peering_connection_id


def _enable_dns_resolution(
    children: ChildFactory,
    connection: aws.ec2.VpcPeeringConnection,
    active: pulumi.Resource,
    peer_opts: Mapping[str, aws.Provider],
) -> None:
    """Turn on DNS resolution, each side by its own provider: across regions AWS accepts it only there."""
    aws.ec2.PeeringConnectionOptions(
        children.logical_name("cluster-names"),
        vpc_peering_connection_id=connection.id,
        requester={"allow_remote_vpc_dns_resolution": True},
        opts=children.opts(depends_on=[active]),
    )
    aws.ec2.PeeringConnectionOptions(
        children.logical_name("database-names"),
        vpc_peering_connection_id=connection.id,
        accepter={"allow_remote_vpc_dns_resolution": True},
        opts=children.opts(depends_on=[active], **peer_opts),
    )


def _make_routes(
    children: ChildFactory,
    args: DatabasePeeringArgs,
    spec: PeeringSpec,
    active_id: pulumi.Output[str],
    peer_opts: Mapping[str, aws.Provider],
) -> None:
    """Create routes in both directions, in every table."""
    directions: tuple[tuple[str, Mapping[str, pulumi.Input[str]], str, Mapping[str, aws.Provider]], ...] = (
        ("there", args["private_route_tables"], spec.peer_cidr, {}),
        ("back", args["peer_route_tables"], spec.cluster_ranges["vpc"], peer_opts),
    )
    for direction, tables, destination, provider in directions:
        for key, table in tables.items():
            aws.ec2.Route(
                children.logical_name(direction, key),
                route_table_id=table,
                destination_cidr_block=destination,
                vpc_peering_connection_id=active_id,
                opts=children.opts(**provider),
            )


def _workers_group(parent: pulumi.Resource, spec: PeeringSpec, args: DatabasePeeringArgs) -> pulumi.Input[str]:
    """Name the workers' group as EC2 and the provider take it in the peer's account: ACCOUNT/sg-… from another one.

    Within one account the provider reads the id alone back (5.100, internal/service/ec2,
    flattenReferencedSecurityGroup; AWS: "Update your security groups to reference peer security groups").
    """
    group = args["workers_security_group_id"]
    if spec.peer_account_id is None:
        return group
    own = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=parent)).account_id
    return pulumi.Output.all(own, group).apply(
        lambda known: known[1] if known[0] == spec.peer_account_id else "/".join(known)
    )


def _allow_workers(
    children: ChildFactory,
    spec: PeeringSpec,
    args: DatabasePeeringArgs,
    workers: pulumi.Input[str],
    database: DatabaseTarget,
    active: pulumi.Resource,
    peer_opts: Mapping[str, aws.Provider],
) -> None:
    """Allow the workers on the database's port: by group, or by range if the database is in another region."""
    other_region = spec.peer_region not in (None, args["region"])
    sources: dict[str, dict[str, pulumi.Input[str]]] = (
        {key: {"cidr_ipv4": cidr} for key, cidr in spec.node_ranges.items()}
        if other_region
        else {"workers": {"referenced_security_group_id": workers}}
    )
    for key, source in sources.items():
        aws.vpc.SecurityGroupIngressRule(
            children.logical_name(database["name"], "from", key),
            security_group_id=database["security_group_id"],
            ip_protocol="tcp",
            from_port=int(database["port"]),
            to_port=int(database["port"]),
            description=f"workers of {children.cluster}",
            tags=children.tags(database["name"], role="database"),
            opts=children.opts(depends_on=[active], **peer_opts),
            **source,
        )


def _make_record(children: ChildFactory, args: DatabasePeeringArgs, database: DatabaseTarget) -> None:
    aws.route53.Record(
        children.logical_name(database["name"], "name"),
        zone_id=args["internal_zone_id"],
        name=f"{database['name']}.{args['internal_zone']}",
        type="CNAME",
        ttl=NAME_TTL,
        records=[database["endpoint"]],
        opts=children.opts(),
    )


def _credentials(
    children: ChildFactory, args: DatabasePeeringArgs, database: DatabaseTarget
) -> pulumi.Input[str] | None:
    """Return the name of the secret with a database's credentials: a given one, or one created from a given value."""
    if "credentials" not in database:
        return database.get("credentials_secret")
    name = pulumi.Output.concat(children.cluster, "/", args["incarnation"], "/database/", database["name"])
    opts = children.retained_opts(args.get("protect", True))
    return store_credentials(children, database["name"], name, database["credentials"], args["secrets_key_arn"], opts)
