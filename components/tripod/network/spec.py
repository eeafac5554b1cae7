"""Network settings."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import IPv4Network
from typing import Literal, cast

from tripod.core.log_retention import log_retention_problems
from tripod.core.problems import Path, Problem, account_problems, id_problems
from tripod.core.spec import Spec, Whole
from tripod.network.addresses import LONGEST_VPC_PREFIX, SHORTEST_VPC_PREFIX, AddressPlan
from tripod.network.ranges import overlap_problems, private_range_problems, range_problem, try_parse_range
from tripod.network.zones import slot_problems

LoadBalancerKind = Literal["public", "internal"]


class AdoptedSubnetSpec(Spec):
    """A subnet that exists."""

    id: str
    """Its id: subnet-…"""
    cidr: str
    """Its range, which preflight compares with AWS."""

    @cached_property
    def range(self) -> IPv4Network | None:
        """Its range, parsed; None where the text is not one."""
        return try_parse_range(self.cidr)


class AdoptedZoneSpec(Spec):
    """The subnets of one zone of an adopted VPC."""

    nodes: AdoptedSubnetSpec
    """The subnet of workers. Private: its default route is not an Internet gateway."""
    control: AdoptedSubnetSpec
    """The subnet of etcd members and control-plane nodes. Private, /26 or larger; its second /28 is free."""
    public: AdoptedSubnetSpec | None = None
    """The subnet of load balancers that face the Internet."""


class AdoptedVpcSpec(Spec):
    """A VPC with another owner. Nothing in it is changed or destroyed."""

    vpc_id: str
    """The VPC's id: vpc-…"""
    zones: dict[str, AdoptedZoneSpec]
    """Zone → its subnets; the same zones as the network's."""
    private_route_tables: tuple[str, ...]
    """Every route table of the nodes and control subnets: rtb-…"""


class NetworkSpec(Spec):
    """Addresses, zones and egress."""

    cidr: str
    """The VPC's range, private, /16 to /21."""
    zones: dict[str, Whole]
    """Zone → slot (0 to 3). A zone keeps its slot for ever: its ranges and names follow from it."""
    pod_cidr: str = "100.64.0.0/14"
    """The range of pods (used by Cilium; the AWS VPC CNI gives pods addresses of the VPC)."""
    service_cidr: str = "100.80.0.0/16"
    """The range of Services; its tenth address is the cluster's DNS."""
    nat: Literal["zone", "shared"] = "zone"
    """A NAT gateway per zone, or one shared by all, which is cheaper and does not survive its zone."""
    flow_log_days: Whole = 90
    """Days to keep the VPC's flow logs; a period of CloudWatch."""
    cni: Literal["cilium", "aws-vpc"] = "cilium"
    """The network plugin, for which ports are open between nodes."""
    bucket_accounts: tuple[str, ...] = ()
    """Further accounts whose S3 buckets are written to from the VPC. Its S3 endpoint allows writing to buckets of the
    cluster's own account, and reading any."""
    load_balancers: tuple[LoadBalancerKind, ...] | None = None
    """Load balancers of Services that reach the workers: public, internal (in the workers' own subnets), both or none.
    By default the kind of the stack's ingress; for the component Cluster by itself, public."""
    adopt: AdoptedVpcSpec | None = None
    """An existing VPC to use, instead of one of the cluster's own."""

    def _rules(self) -> Iterator[Problem]:
        yield from slot_problems(self.zones, ("zones",))
        for name, shortest, longest in (
            ("cidr", SHORTEST_VPC_PREFIX, LONGEST_VPC_PREFIX),
            ("pod_cidr", 8, 20),
            ("service_cidr", 12, 24),
        ):
            yield from private_range_problems(getattr(self, name), self.ranges[name,], (name,), shortest, longest)
        yield from overlap_problems(self.ranges)
        yield from log_retention_problems(self.flow_log_days, ("flow_log_days",))
        for position, account in enumerate(self.bucket_accounts):
            yield from account_problems(account, ("bucket_accounts", position))
        if self.adopt is not None:
            if self.bucket_accounts:
                yield Problem(
                    ("bucket_accounts",),
                    f"{len(self.bucket_accounts)} beside adopt",
                    "none with an adopted VPC, whose owner decides about its S3 endpoint",
                    "remove the key",
                )
            yield from adoption_problems(self.adopt, self.ranges["cidr",], tuple(self.zones))

    @cached_property
    def ranges(self) -> Mapping[Path, IPv4Network | None]:
        """The ranges that nothing else may share: path → range, None where the text is not one."""
        return {(name,): try_parse_range(getattr(self, name)) for name in ("cidr", "pod_cidr", "service_cidr")}

    @property
    def load_balancer_kinds(self) -> tuple[LoadBalancerKind, ...]:
        """The load balancers of Services that reach the workers."""
        return ("public",) if self.load_balancers is None else self.load_balancers

    @property
    def plan(self) -> AddressPlan:
        """The ranges of the VPC's subnets, of a specification without problems."""
        return AddressPlan(cast("IPv4Network", self.ranges["cidr",]))


def adoption_problems(adopt: AdoptedVpcSpec, vpc: IPv4Network | None, zones: tuple[str, ...]) -> Iterator[Problem]:
    """Subnets of an adopted VPC that cannot carry the cluster, as far as the configuration shows."""
    for zone in zones:
        if zone not in adopt.zones:
            yield Problem(("adopt", "zones"), f"no {zone}", "every zone of network.zones", f"add the subnets of {zone}")
    for zone, subnets in adopt.zones.items():
        if zone not in zones:
            yield Problem(("adopt", "zones", zone), zone, "zones of network.zones", "give the zone a slot there")
        for tier in ("public", "nodes", "control"):
            subnet: AdoptedSubnetSpec | None = getattr(subnets, tier)
            if subnet is not None:
                yield from _subnet_problems(subnet, vpc, tier, ("adopt", "zones", zone, tier))
    yield from id_problems(adopt.vpc_id, "vpc", ("adopt", "vpc_id"))
    for position, table in enumerate(adopt.private_route_tables):
        yield from id_problems(table, "rtb", ("adopt", "private_route_tables", position))
    yield from overlap_problems(_adopted_ranges(adopt))
    if not adopt.private_route_tables:
        yield Problem(
            ("adopt", "private_route_tables"),
            "none",
            "every route table of the nodes and control subnets",
            "list their ids, so that routes to peers reach every node",
        )


def _subnet_problems(subnet: AdoptedSubnetSpec, vpc: IPv4Network | None, tier: str, path: Path) -> Iterator[Problem]:
    yield from id_problems(subnet.id, "subnet", (*path, "id"))
    problem = range_problem(subnet.cidr, subnet.range, (*path, "cidr"))
    if problem:
        yield problem
    if subnet.range is None or vpc is None:
        return
    if not subnet.range.subnet_of(vpc):
        yield Problem((*path, "cidr"), repr(subnet.cidr), f"a range within {vpc}", "correct the range")
    if tier == "control" and subnet.range.prefixlen > 26:
        yield Problem(
            (*path, "cidr"),
            repr(subnet.cidr),
            "/26 or larger: members, control-plane nodes and a load balancer share it",
            "use a larger subnet",
        )


def _adopted_ranges(adopt: AdoptedVpcSpec) -> Mapping[Path, IPv4Network | None]:
    ranges: dict[Path, IPv4Network | None] = {}
    for zone, subnets in adopt.zones.items():
        for tier in ("public", "nodes", "control"):
            subnet: AdoptedSubnetSpec | None = getattr(subnets, tier)
            if subnet is not None:
                ranges["adopt", "zones", zone, tier, "cidr"] = subnet.range
    return ranges
