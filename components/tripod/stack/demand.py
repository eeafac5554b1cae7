"""Resources of a stack that AWS limits or does not offer everywhere: instances, addresses, VPCs, load balancers."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tripod.compute.offerings import all_recorded_families, family, recorded_families, recorded_on
from tripod.core.problems import Path, Problem
from tripod.etcd.quorum import place_members
from tripod.stack.spec import StackSpec
from tripod.workers.spec import WorkerGroupSpec


@dataclass(frozen=True)
class InstanceDemand:
    """Instances of one kind that a stack launches at first.

    Attributes:
        types: path → instance type; the first one is preferred.
        zones: zone → number of on-demand instances.
    """

    types: Mapping[Path, str]
    zones: Mapping[str, int]


def instance_demands(spec: StackSpec) -> Iterator[InstanceDemand]:
    """List a stack's instances: etcd members, control-plane nodes, workers with every group at its smallest."""
    zones = spec.network.zones
    members = Counter(place.zone for place in place_members(spec.etcd.members, zones, spec.etcd.placement))
    yield InstanceDemand({("etcd", "instance_type"): spec.etcd.instance_type}, members)
    servers = dict.fromkeys(zones, spec.control_plane.per_zone)
    yield InstanceDemand({("control_plane", "instance_type"): spec.control_plane.instance_type}, servers)
    for position, group in enumerate(spec.workers):
        listed = {
            ("workers", position, "instance_types", place): name for place, name in enumerate(group.instance_types)
        }
        yield InstanceDemand(listed, dict.fromkeys(group.zones or zones, _on_demand(group)))


def _on_demand(group: WorkerGroupSpec) -> int:
    """The on-demand instances among those that a group keeps in a zone; Auto Scaling rounds their share up."""
    if group.spot is None:
        return group.min_per_zone
    base = min(group.spot.on_demand_base, group.min_per_zone)
    return base + math.ceil((group.min_per_zone - base) * group.spot.on_demand_percentage / 100)


def addresses_needed(spec: StackSpec) -> int:
    """Elastic IPs: one for each NAT gateway; an adopted VPC has its own."""
    if spec.network.adopt is not None:
        return 0
    return 1 if spec.network.nat == "shared" else len(spec.network.zones)


def vpcs_needed(spec: StackSpec) -> int:
    """VPCs in the stack's region and account: the cluster's, and those of example databases."""
    here = [peer for peer in spec.peers if peer.region in (None, spec.region) and peer.account_id is None]
    return (spec.network.adopt is None) + sum(peer.example is not None for peer in here)


def balancers_needed(spec: StackSpec) -> int:
    """Network load balancers: the API's internal one, its public one, and that of the ingress."""
    return 1 + (spec.access.mode == "public-allow-list") + ("ingress" not in spec.add_ons.without)


def unrecorded_types(spec: StackSpec) -> Iterator[str]:
    """List instance types of families that no recorded region offers: newer ones, or misspelt."""
    named = {name for demand in instance_demands(spec) for name in demand.types.values()}
    yield from sorted(name for name in named if family(name) not in all_recorded_families())


def recorded_type_problems(spec: StackSpec) -> Iterator[Problem]:
    """Find instance types of families that are recorded, but not in the stack's region."""
    offered = recorded_families(spec.region)
    for demand in instance_demands(spec):
        for path, name in demand.types.items():
            if offered and family(name) not in offered and family(name) in all_recorded_families():
                yield Problem(
                    path,
                    repr(name),
                    f"a type that {spec.region} offers, as recorded on {recorded_on()}",
                    "choose another; if AWS has added it since, `pulumi preview` and `pulumi up` ask AWS instead",
                )


def offered_type_problems(spec: StackSpec, offered: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Find instance types that the region does not offer, and groups without an offered type in one of their zones.

    Args:
        spec: the stack.
        offered: instance type → zones that offer it, as AWS says.
    """
    for demand in instance_demands(spec):
        missing = [path for path, name in demand.types.items() if not offered.get(name)]
        for path in missing:
            yield Problem(path, repr(demand.types[path]), f"a type that {spec.region} offers", "choose another type")
        everywhere = {zone for name in demand.types.values() for zone in offered.get(name, ())}
        without = sorted(set(demand.zones) - everywhere)
        if without and len(missing) < len(demand.types):
            yield Problem(
                next(iter(demand.types)),
                ", ".join(demand.types.values()),
                f"a type that every zone of the group offers; {', '.join(without)} does not",
                "choose another type, or other zones",
            )
