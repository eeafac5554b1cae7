"""Settings of a peering, and the cluster's side of one."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Literal, NotRequired

import pulumi

from tripod.core.component import OwnedArgs
from tripod.core.problems import Path, Problem
from tripod.core.spec import Spec
from tripod.database.spec import PeerSpec, options_problems
from tripod.network.ranges import overlap_problems, private_range_problems, try_parse_range


class PeeringSpec(Spec):
    """Settings of a peering that are checked before it is created."""

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
    """The cluster's side of a peering: Cluster.peering_side's result."""

    region: str
    """The cluster's region."""
    vpc_id: pulumi.Input[str]
    """The cluster's VPC."""
    cluster_ranges: dict[str, str]
    """Name → range of the VPC ("vpc"), pods and Services; the peer's range must not overlap them."""
    node_ranges: dict[str, str]
    """Slot → range of the workers' subnets, which a database in another region allows."""
    private_route_tables: dict[str, pulumi.Input[str]]
    """Key → id of every route table of the cluster's nodes."""
    workers_security_group_id: pulumi.Input[str]
    """The workers' security group, which a database in the same region allows."""
    internal_zone_id: pulumi.Input[str]
    """The private zone for the databases' names."""
    internal_zone: str
    """Its name."""
    incarnation: pulumi.Input[str]
    """The cluster incarnation, in the names of credentials, which a destroy retains."""
    secrets_key_arn: pulumi.Input[str]
    """The KMS key of credentials."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete credentials. Default: true."""
