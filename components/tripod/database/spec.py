"""Settings of databases in other VPCs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Network
from typing import Literal, cast

from tripod.core.problems import Path, Problem, account_problems, id_problems, short_name_problems
from tripod.core.spec import Spec, Whole
from tripod.network.ranges import overlap_problems, private_range_problems, try_parse_range


class SecretSourceSpec(Spec):
    """A secret, never written in clear."""

    secret_name: str | None = None
    """The name of a secret in Secrets Manager, in the cluster's region."""
    value: str | None = None
    """A value that Pulumi encrypts: `pulumi config set --secret --path …`."""

    def _rules(self) -> Iterator[Problem]:
        if (self.secret_name is None) == (self.value is None):
            yield Problem(
                (),
                "both secretName and value" if self.value is not None else "neither secretName nor value",
                "one of secretName and value",
                "name a secret of Secrets Manager, or give an encrypted value",
            )


class DatabaseSpec(Spec):
    """One database in a peer VPC."""

    name: str
    """Its name for applications: <name>.<internal zone> resolves to it."""
    endpoint: str
    """Its DNS name. Never an address: AWS may change it."""
    port: Whole = 5432
    """Its port."""
    security_group: str
    """Its security group, which gets one rule: from the workers to its port."""
    zones: tuple[str, ...]
    """The zones of its DB subnet group."""
    credentials: SecretSourceSpec | None = None
    """Credentials of applications: JSON with username and password."""

    def _rules(self) -> Iterator[Problem]:
        yield from short_name_problems(self.name, 30, ("name",))
        if re.fullmatch(r"[\d.:]+", self.endpoint) or "." not in self.endpoint:
            yield Problem(
                ("endpoint",), repr(self.endpoint), "a DNS name", "give the endpoint's name: AWS may change its address"
            )
        yield from id_problems(self.security_group, "sg", ("security_group",))
        yield from port_problems(self.port, ("port",))
        yield from subnet_group_problems(self.zones, ("zones",))


class ExampleDatabaseSpec(Spec):
    """A small VPC with a PostgreSQL instance, to try the peering with."""

    zones: tuple[str, ...]
    """Two or more zones of its region."""
    instance_class: str = "db.t4g.micro"
    """Its instance class."""
    engine_version: str = "17"
    """PostgreSQL's major version. RDS chooses the minor one, upgrades it, and withdraws old ones."""

    def _rules(self) -> Iterator[Problem]:
        yield from subnet_group_problems(self.zones, ("zones",))
        # A minor version would be refused once RDS has upgraded past it; the provider takes a prefix while automatic
        # minor upgrades are on, which is its default (provider 5.100, docs of aws_db_instance).
        if not re.fullmatch(r"[1-9]\d", self.engine_version):
            yield Problem(
                ("engine_version",),
                repr(self.engine_version),
                "a major version of PostgreSQL, such as 17",
                "give the major version alone",
            )


class PeerSpec(Spec):
    """A VPC to peer with, and the databases in it."""

    name: str
    """Its name in resource names."""
    cidr: str
    """Its range, which must not overlap the cluster's."""
    vpc_id: str | None = None
    """Its id: vpc-…; omit it with an example."""
    region: str | None = None
    """Its region; by default the cluster's."""
    account_id: str | None = None
    """Its account; by default the cluster's."""
    role_arn: str | None = None
    """A role in its account that may accept the peering and write routes there."""
    accept: Literal["automatic", "by-hand"] = "automatic"
    """The peering is accepted automatically, or by hand by the owner of the other account."""
    active: bool = True
    """With accept: by-hand, true once it has been accepted."""
    dns_resolution: bool = True
    """If true, each side resolves the other's names to private addresses."""
    route_tables: tuple[str, ...] = ()
    """Every route table of the databases' subnets: rtb-…"""
    databases: tuple[DatabaseSpec, ...] = ()
    """The databases in it."""
    example: ExampleDatabaseSpec | None = None
    """Create a small database VPC instead of attaching one."""

    @property
    def database_names(self) -> tuple[str, ...]:
        """The names of its databases; an example's is the peer's own."""
        return (self.name,) if self.example else tuple(database.name for database in self.databases)

    @cached_property
    def range(self) -> IPv4Network | None:
        """Its range, parsed; None where the text is not one."""
        return try_parse_range(self.cidr)

    def _rules(self) -> Iterator[Problem]:
        yield from short_name_problems(self.name, 20, ("name",))
        yield from private_range_problems(self.cidr, self.range, ("cidr",), 8, 28)
        if self.example is None:
            yield from self._attached_problems()
        elif self.vpc_id or self.databases or self.route_tables:
            yield Problem(
                ("example",), "an example beside vpcId, routeTables or databases", "one or the other", "remove one"
            )
        yield from self._options_problems()
        yield from id_problems(self.vpc_id, "vpc", ("vpc_id",))
        yield from account_problems(self.account_id, ("account_id",))
        for position, table in enumerate(self.route_tables):
            yield from id_problems(table, "rtb", ("route_tables", position))

    def _attached_problems(self) -> Iterator[Problem]:
        if self.vpc_id is None:
            yield Problem(("vpc_id",), "nothing", "vpc-…, or an example", "give the VPC's id")
        if not self.route_tables:
            yield Problem(
                ("route_tables",),
                "none",
                "every route table of the databases' subnets",
                "list their ids: without a route back no answer arrives",
            )
        if not self.databases:
            yield Problem(("databases",), "none", "one database or more", "list the databases to reach")

    def _options_problems(self) -> Iterator[Problem]:
        other_account = self.account_id is not None and self.role_arn is None
        yield from options_problems(self.accept, other_account, active=self.active, dns_resolution=self.dns_resolution)


def options_problems(accept: str, other_account: bool, *, active: bool, dns_resolution: bool) -> Iterator[Problem]:
    """Find options that AWS would refuse on a peering.

    Args:
        accept: automatic or by-hand.
        other_account: true if the peer is in another account, without a role there.
        active: true if the peering has been accepted.
        dns_resolution: true if each side is to resolve the other's names.
    """
    if other_account and accept == "automatic":
        yield Problem(
            ("accept",),
            "'automatic' for a VPC of another account without roleArn",
            "by-hand, or a roleArn",
            "give a role of that account, or have its owner accept the peering",
        )
    if accept == "automatic" and not active:
        yield Problem(("active",), "false", "true with accept: automatic", "remove the key")
    if accept == "by-hand" and dns_resolution and not active:
        yield Problem(
            ("dns_resolution",),
            "true on a peering that is not active yet",
            "false until it has been accepted",
            "deploy without it, have the peering accepted, set active: true, then turn it on",
        )
    if other_account and dns_resolution and active:
        yield Problem(
            ("dns_resolution",),
            "true for a VPC of another account without roleArn",
            "false, or a roleArn: each owner sets the option on its own side",
            "give a role of that account, or leave the option to its owner",
        )


def port_problems(port: int, path: Path) -> Iterator[Problem]:
    """Find a port out of range."""
    if not 1 <= port <= 65535:
        yield Problem(path, str(port), "1 to 65535", "correct the port")


def subnet_group_problems(zones: tuple[str, ...], path: Path) -> Iterator[Problem]:
    """Find zones of a DB subnet group that RDS would refuse, though the emulator does not."""
    if len(set(zones)) < 2:
        yield Problem(
            path,
            ", ".join(zones) or "none",
            "two zones or more",
            "add a zone: RDS refuses a DB subnet group in a single one",
        )


def clear_secret_problems(settings: object, path: Path, encrypted: Callable[[Path], bool]) -> Iterator[Problem]:
    """Find secrets in clear in a stack file.

    Args:
        settings: a specification, or a tuple of them.
        path: their place in the configuration.
        encrypted: predicate; true if the value at a path is encrypted.
    """
    if isinstance(settings, SecretSourceSpec):
        here = (*path, "value")
        if settings.value is not None and not encrypted(here):
            yield Problem(
                here,
                "a secret in clear, which is not shown",
                "an encrypted value, or secretName instead",
                "write it with `pulumi config set --secret --path`, or name a secret of Secrets Manager; "
                "and change it, since it has been exposed",
            )
    elif isinstance(settings, Spec):
        for name in type(settings).model_fields:
            yield from clear_secret_problems(getattr(settings, name), (*path, name), encrypted)
    elif isinstance(settings, tuple):
        for position, item in enumerate(cast("tuple[object, ...]", settings)):
            yield from clear_secret_problems(item, (*path, position), encrypted)


def peer_problems(
    peers: tuple[PeerSpec, ...], ranges: Mapping[Path, IPv4Network | None], path: Path
) -> Iterator[Problem]:
    """Find conflicts of peers among themselves and with the cluster.

    Args:
        peers: the peers.
        ranges: the cluster's own ranges, by where they stand.
        path: the place of the peers in the configuration.
    """
    for position, peer in enumerate(peers):
        ranges = {**ranges, (*path, position, "cidr"): peer.range}
    own = {place: found for place, found in ranges.items() if place[: len(path)] != path}
    among_own = set(overlap_problems(own))
    yield from (problem for problem in overlap_problems(ranges) if problem not in among_own)
    names = Counter(peer.name for peer in peers)
    database_names = Counter(name for peer in peers for name in peer.database_names)
    vpcs = Counter(peer.vpc_id for peer in peers if peer.vpc_id)
    for position, peer in enumerate(peers):
        if names[peer.name] > 1:
            yield Problem((*path, position, "name"), repr(peer.name), "a name that no other peer has", "rename one")
        for place, database in enumerate(peer.databases):
            if database_names[database.name] > 1:
                yield Problem(
                    (*path, position, "databases", place, "name"),
                    repr(database.name),
                    "a name that no other database has: they are names of one private zone",
                    "rename one",
                )
        if peer.vpc_id and vpcs[peer.vpc_id] > 1:
            yield Problem(
                (*path, position, "vpc_id"),
                repr(peer.vpc_id),
                "a VPC that no other peer names",
                "put its databases under one peer: AWS allows no second peering of the same two VPCs",
            )
