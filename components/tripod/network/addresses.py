"""Addresses of a cluster's subnets and etcd members.

Every zone has a slot, recorded in the configuration, and every tier reserves one range per slot:
a zone that joins later moves no range, no placement and no name.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

ZONE_SLOTS = 4
"""Zones that a cluster can have. Seven etcd members are quorate over four, and no more members are useful."""

SHORTEST_VPC_PREFIX = 16
"""The largest VPC in AWS."""

LONGEST_VPC_PREFIX = 21
"""A control subnet of /26 is the smallest that holds members, control-plane nodes and a load balancer."""

MEMBERS_PER_ZONE = 15
"""Addresses of the reserved /28, less the last, which in a subnet of /27 would be the broadcast address."""


class Tier(StrEnum):
    """The purpose of a subnet."""

    PUBLIC = "public"
    """NAT gateways and load balancers that face the Internet."""

    NODES = "nodes"
    """Workers, and the pods on them where a CNI gives pods addresses of the VPC."""

    CONTROL = "control"
    """etcd members, control-plane nodes and the API's load balancer."""


LOAD_BALANCER_TAGS = {Tier.PUBLIC: "kubernetes.io/role/elb", Tier.NODES: "kubernetes.io/role/internal-elb"}
"""Tags by which Kubernetes' cloud controller chooses subnets for load balancers."""


_PREFIX_BEYOND_VPC = {Tier.NODES: 3, Tier.PUBLIC: 4, Tier.CONTROL: 5}
_FIRST_EIGHTH = {Tier.NODES: 0, Tier.PUBLIC: 4, Tier.CONTROL: 6}


@dataclass(frozen=True)
class AddressPlan:
    """The ranges of a VPC that a cluster owns.

    Nodes have the first 4/8 of the VPC, public subnets 2/8, control subnets 1/8; the last 1/8 is kept free.

    Attributes:
        vpc: the VPC's range.
    """

    vpc: IPv4Network

    def subnet(self, tier: Tier, slot: int) -> IPv4Network:
        """The range of a tier in the zone of a slot.

        Raises:
            ValueError: there is no such slot.
        """
        if not 0 <= slot < ZONE_SLOTS:
            raise ValueError(f"slot {slot} is not one of 0 to {ZONE_SLOTS - 1}")
        eighths = list(self.vpc.subnets(prefixlen_diff=3))
        first = eighths[_FIRST_EIGHTH[tier]].network_address
        prefix = self.vpc.prefixlen + _PREFIX_BEYOND_VPC[tier]
        size = 2 ** (32 - prefix)
        return IPv4Network((int(first) + slot * size, prefix))

    def tier(self, tier: Tier) -> tuple[IPv4Network, ...]:
        """The ranges of a tier in every slot, used or not."""
        return tuple(self.subnet(tier, slot) for slot in range(ZONE_SLOTS))


def member_reservation(control_subnet: IPv4Network) -> IPv4Network:
    """The reservation for etcd members in a control subnet: its second /28, which AWS assigns to nothing else.

    A member that joins later finds its address free, though load balancers and nodes share the subnet.
    """
    return next(islice(control_subnet.subnets(new_prefix=28), 1, None))


def member_address(control_subnet: IPv4Network, ordinal: int) -> IPv4Address:
    """The fixed address of a zone's etcd member.

    Args:
        control_subnet: the zone's control subnet.
        ordinal: the member's number among those of the zone, from 0.
    """
    if not 0 <= ordinal < MEMBERS_PER_ZONE:
        raise ValueError(f"ordinal {ordinal} is not one of 0 to {MEMBERS_PER_ZONE - 1}")
    return member_reservation(control_subnet)[ordinal]


def api_service_address(service_range: IPv4Network) -> IPv4Address:
    """The address of Service `kubernetes`: the first of the range, as the API server takes it."""
    return service_range[1]


def dns_service_address(service_range: IPv4Network) -> IPv4Address:
    """The address of the cluster's DNS: the tenth of the range, as kubeadm and kubelets expect it."""
    return service_range[10]
