"""Tolerance of a zone failure, and the parts that lack it."""

from dataclasses import dataclass

from tripod.cluster.spec import ClusterSpec
from tripod.etcd.quorum import place_members, tolerates_zone_failure


@dataclass(frozen=True)
class Availability:
    """Tolerance of the loss of any one zone.

    Attributes:
        tolerates_zone_failure: true if every part of the cluster has it.
        reasons: one sentence for each part that lacks it.
    """

    tolerates_zone_failure: bool
    reasons: tuple[str, ...]


def availability(spec: ClusterSpec) -> Availability:
    """Compute the tolerance over etcd, control plane, workers and NAT."""
    zones = spec.network.zones
    member_zones = [place.zone for place in place_members(spec.etcd.members, zones, spec.etcd.placement)]
    zones_with_workers = {
        zone for group in spec.workers if group.min_per_zone > 0 for zone in group.zones or tuple(zones)
    }
    reasons: list[str] = []
    if not tolerates_zone_failure(member_zones):
        reasons.append(f"etcd: {spec.etcd.members} members over {len(zones)} zones lose quorum with one of them")
    if len(zones) < 2:
        reasons.append("control plane: all nodes are in one zone")
    if len(zones_with_workers) < 2:
        reasons.append("workers: fewer than two zones keep any")
    if spec.network.adopt is None and spec.network.nat == "shared":
        reasons.append("NAT: all nodes leave through a gateway in one zone")
    return Availability(not reasons, tuple(reasons))
