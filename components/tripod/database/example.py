"""The component ExampleDatabase: a small VPC with a PostgreSQL instance, to try a peering with."""

from ipaddress import IPv4Network
from typing import NotRequired

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.core.spec_types import ExampleDatabaseSettings
from tripod.database.spec import ExampleDatabaseSpec
from tripod.network.ranges import private_range_problems, try_parse_range
from tripod.security.ports import POSTGRES


class ExampleDatabaseArgs(OwnedArgs, ExampleDatabaseSettings):
    """Arguments of ExampleDatabase."""

    cidr: str
    """The VPC's range, /16 to /26."""
    protect: NotRequired[bool]
    """If true, the engine and RDS refuse to delete the instance. Default: true."""


class ExampleDatabase(pulumi.ComponentResource):
    """A VPC of two or more private subnets, and an encrypted PostgreSQL instance whose password RDS manages.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    vpc_id: pulumi.Output[str]
    """The VPC."""
    route_table_id: pulumi.Output[str]
    """The subnets' route table."""
    security_group_id: pulumi.Output[str]
    """The instance's security group, without ingress rules so far."""
    endpoint: pulumi.Output[str]
    """The instance's DNS name."""
    credentials_secret_arn: pulumi.Output[str]
    """The ARN of the secret in which RDS keeps its password."""

    def __init__(self, name: str, args: ExampleDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ExampleDatabaseSpec, args, ExampleDatabaseArgs)
        raise_if_any(private_range_problems(args["cidr"], try_parse_range(args["cidr"]), ("cidr",), 16, 26))
        super().__init__("tripod:index:ExampleDatabase", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        vpc = aws.ec2.Vpc(
            children.logical_name("vpc"),
            cidr_block=args["cidr"],
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=children.tags(name, role="example-database"),
            opts=children.opts(),
        )
        aws.ec2.DefaultSecurityGroup(
            children.logical_name("default-group"),
            vpc_id=vpc.id,
            tags=children.tags(name, "unused", role="unused"),
            opts=children.opts(),
        )
        routes = aws.ec2.RouteTable(
            children.logical_name("routes"),
            vpc_id=vpc.id,
            tags=children.tags(name, role="example-database"),
            opts=children.opts(),
        )
        subnets = _make_subnets(children, name, vpc, routes, IPv4Network(args["cidr"]), spec.zones)
        group = aws.ec2.SecurityGroup(
            children.logical_name("group"),
            name=children.physical_name(name),
            description="Example database",
            vpc_id=vpc.id,
            tags=children.tags(name, role="example-database"),
            opts=children.opts(),
        )
        instance = _make_instance(children, name, spec, subnets, group, args.get("protect", True))
        self.vpc_id = vpc.id
        self.route_table_id = routes.id
        self.security_group_id = group.id
        self.endpoint = instance.address
        self.credentials_secret_arn = instance.master_user_secrets.apply(
            lambda secrets: (secrets[0].secret_arn if secrets else None) or ""
        )
        self.register_outputs(annotated_outputs(self))


def _make_subnets(
    children: ChildFactory,
    name: str,
    vpc: aws.ec2.Vpc,
    routes: aws.ec2.RouteTable,
    cidr: IPv4Network,
    zones: tuple[str, ...],
) -> list[aws.ec2.Subnet]:
    subnets: list[aws.ec2.Subnet] = []
    for index, (zone, range_) in enumerate(zip(zones, cidr.subnets(prefixlen_diff=2), strict=False)):
        subnet = aws.ec2.Subnet(
            children.logical_name("subnet", index),
            vpc_id=vpc.id,
            cidr_block=str(range_),
            availability_zone=zone,
            tags=children.tags(name, zone, role="example-database"),
            opts=children.opts(),
        )
        aws.ec2.RouteTableAssociation(
            children.logical_name("subnet", index, "routes"),
            subnet_id=subnet.id,
            route_table_id=routes.id,
            opts=children.opts(),
        )
        subnets.append(subnet)
    return subnets


def _make_instance(
    children: ChildFactory,
    name: str,
    spec: ExampleDatabaseSpec,
    subnets: list[aws.ec2.Subnet],
    group: aws.ec2.SecurityGroup,
    protect: bool,
) -> aws.rds.Instance:
    tags = children.tags(name, role="example-database")
    subnet_group = aws.rds.SubnetGroup(
        children.logical_name("subnets"),
        name=children.physical_name(name),
        description="Example database",
        subnet_ids=[subnet.id for subnet in subnets],
        tags=tags,
        opts=children.opts(),
    )
    incarnation = random.RandomId(children.logical_name("life"), byte_length=4, opts=children.opts())
    return aws.rds.Instance(
        children.logical_name("instance"),
        identifier=children.physical_name(name, limit=63),
        engine="postgres",
        engine_version=spec.engine_version,
        instance_class=spec.instance_class,
        port=POSTGRES,
        db_name="example",
        username="example",
        # A destroy deletes its subnets, so it cannot be retained: it takes a final snapshot, whose name must not
        # collide with that of a later database of the same name.
        final_snapshot_identifier=incarnation.hex.apply(lambda id_: children.physical_name(name, id_, "final")),
        # RDS generates the password and keeps it in Secrets Manager: it never passes through this program.
        manage_master_user_password=True,
        allocated_storage=20,
        storage_type="gp3",
        storage_encrypted=True,
        db_subnet_group_name=subnet_group.name,
        vpc_security_group_ids=[group.id],
        publicly_accessible=False,
        backup_retention_period=7,
        deletion_protection=protect,
        tags=tags,
        opts=children.opts(protect=protect),
    )
