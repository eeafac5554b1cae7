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

    def load_balancer_ranges(self, kinds: tuple[LoadBalancerKind, ...]) -> dict[str, str]:
        """Subnets for load balancers of Services: kind and slot (``public-0``) → range."""
        found: dict[str, IPv4Network | None] = {}
        for zone in self.zones:
            of_kinds = {"public": zone.public_range, "internal": zone.nodes_range}
            found |= {f"{kind}-{zone.slot}": of_kinds[kind] for kind in kinds}
        return {name: str(range_) for name, range_ in found.items() if range_ is not None}
