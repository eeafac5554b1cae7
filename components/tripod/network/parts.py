"""Parts of a network, made or adopted, for other components."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi


@dataclass(frozen=True)
class ZoneParts:
    """One zone of a network.

    Attributes:
        zone: the zone's name.
        slot: its slot.
        nodes: id of the workers' subnet.
        control: id of the subnet of members and control-plane nodes.
        public: id of the public subnet; None where an adopted VPC has none.
        nodes_range: the workers' subnet's range.
        control_range: the control subnet's range.
        member_reservation: the reservation of the members' addresses; members are made after it.
    """

    zone: str
    slot: int
    nodes: pulumi.Output[str]
    control: pulumi.Output[str]
    public: pulumi.Output[str] | None
    nodes_range: IPv4Network
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
