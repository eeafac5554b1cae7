"""The component ExampleDatabase: a small VPC with a PostgreSQL instance, to try a peering on."""

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
    """Whether the engine, and RDS, refuse to delete the instance. Default: true."""


class ExampleDatabase(pulumi.ComponentResource):
    """A VPC of two private subnets or more, and an encrypted PostgreSQL instance whose password RDS keeps.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    vpc_id: pulumi.Output[str]
    """The VPC."""
    route_table_id: pulumi.Output[str]
    """The subnets' route table."""
    security_group_id: pulumi.Output[str]
    """The instance's security group, which lets nobody in yet."""
    endpoint: pulumi.Output[str]
    """The instance's DNS name."""
    credentials_secret_arn: pulumi.Output[str]
    """Where RDS keeps its password."""

    def __init__(self, name: str, args: ExampleDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ExampleDatabaseSpec, args, ExampleDatabaseArgs)
        raise_if_any(private_range_problems(args["cidr"], try_parse_range(args["cidr"]), ("cidr",), 16, 26))
        super().__init__("tripod:index:ExampleDatabase", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        vpc = aws.ec2.Vpc(
            scope.child("vpc"),
            cidr_block=args["cidr"],
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=scope.tags(name, role="example-database"),
            opts=scope.opts(),
        )
        aws.ec2.DefaultSecurityGroup(
            scope.child("default-group"),
            vpc_id=vpc.id,
            tags=scope.tags(name, "unused", role="unused"),
            opts=scope.opts(),
        )
        routes = aws.ec2.RouteTable(
            scope.child("routes"), vpc_id=vpc.id, tags=scope.tags(name, role="example-database"), opts=scope.opts()
        )
        subnets = _make_subnets(scope, name, vpc, routes, IPv4Network(args["cidr"]), spec.zones)
        group = aws.ec2.SecurityGroup(
            scope.child("group"),
            name=scope.physical(name),
            description="Example database",
            vpc_id=vpc.id,
            tags=scope.tags(name, role="example-database"),
            opts=scope.opts(),
        )
        instance = _make_instance(scope, name, spec, subnets, group, args.get("protect", True))
        self.vpc_id = vpc.id
        self.route_table_id = routes.id
        self.security_group_id = group.id
        self.endpoint = instance.address
        self.credentials_secret_arn = instance.master_user_secrets.apply(
            lambda secrets: (secrets[0].secret_arn if secrets else None) or ""
        )
        self.register_outputs(annotated_outputs(self))


def _make_subnets(
    scope: ChildFactory,
    name: str,
    vpc: aws.ec2.Vpc,
    routes: aws.ec2.RouteTable,
    cidr: IPv4Network,
    zones: tuple[str, ...],
) -> list[aws.ec2.Subnet]:
    subnets: list[aws.ec2.Subnet] = []
    for index, (zone, range_) in enumerate(zip(zones, cidr.subnets(prefixlen_diff=2), strict=False)):
        subnet = aws.ec2.Subnet(
            scope.child("subnet", index),
            vpc_id=vpc.id,
            cidr_block=str(range_),
            availability_zone=zone,
            tags=scope.tags(name, zone, role="example-database"),
            opts=scope.opts(),
        )
        aws.ec2.RouteTableAssociation(
            scope.child("subnet", index, "routes"), subnet_id=subnet.id, route_table_id=routes.id, opts=scope.opts()
        )
        subnets.append(subnet)
    return subnets


def _make_instance(
    scope: ChildFactory,
    name: str,
    spec: ExampleDatabaseSpec,
    subnets: list[aws.ec2.Subnet],
    group: aws.ec2.SecurityGroup,
    protect: bool,
) -> aws.rds.Instance:
    tags = scope.tags(name, role="example-database")
    subnet_group = aws.rds.SubnetGroup(
        scope.child("subnets"),
        name=scope.physical(name),
        description="Example database",
        subnet_ids=[subnet.id for subnet in subnets],
        tags=tags,
        opts=scope.opts(),
    )
    life = random.RandomId(scope.child("life"), byte_length=4, opts=scope.opts())
    return aws.rds.Instance(
        scope.child("instance"),
        identifier=scope.physical(name, limit=63),
        engine="postgres",
        engine_version=spec.engine_version,
        instance_class=spec.instance_class,
        port=POSTGRES,
        db_name="example",
        username="example",
        # Its subnets go with it, so it cannot stay behind: a destroy takes a last snapshot, which the next
        # database of the name must not find in its way.
        final_snapshot_identifier=life.hex.apply(lambda life: scope.physical(name, life, "final")),
        # RDS makes the password and keeps it in Secrets Manager: it never passes through here.
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
        opts=scope.opts(protect=protect),
    )
