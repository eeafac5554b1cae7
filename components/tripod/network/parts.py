"""Parts of a network, made or adopted, for other components."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from tripod.network.spec import LoadBalancerKind


@dataclass(frozen=True)
class ZoneParts:
    """One zone of a network.

    Attributes:
        zone: the zone's name.
        slot: its slot.
        nodes_subnet_id: the workers' subnet.
        control_subnet_id: the subnet of etcd members and control-plane nodes.
        public_subnet_id: the public subnet; None if an adopted VPC has none.
        nodes_range: the workers' subnet's range.
        public_range: the public subnet's range; None if an adopted VPC has none.
        control_range: the control subnet's range.
        member_reservation: the reservation of the members' addresses, created before the members.
    """

    zone: str
    slot: int
    nodes_subnet_id: pulumi.Output[str]
    control_subnet_id: pulumi.Output[str]
    public_subnet_id: pulumi.Output[str] | None
    nodes_range: IPv4Network
    public_range: IPv4Network | None
    control_range: IPv4Network
    member_reservation: pulumi.Resource | None


@dataclass(frozen=True)
class NetworkParts:
    """A network.

    Attributes:
        vpc_id: the VPC's id.
        zones: its zones, in the order of slots.
        private_route_tables: key → id of every route table of the nodes and control subnets.
        egress: resources that an instance needs to reach the Internet.
    """

    vpc_id: pulumi.Output[str]
    zones: tuple[ZoneParts, ...]
    private_route_tables: Mapping[str, pulumi.Output[str]]
    egress: tuple[pulumi.Resource, ...]

    def load_balancer_ranges(self, kinds: tuple[LoadBalancerKind, ...]) -> tuple[str, ...]:
        """The ranges of the subnets in which the cloud controller puts load balancers of some kinds."""
        found: list[IPv4Network | None] = []
        for zone in self.zones:
            found += [zone.public_range] if "public" in kinds else []
            found += [zone.nodes_range] if "internal" in kinds else []
        return tuple(str(range_) for range_ in found if range_ is not None)
