"""Number of etcd members, their placement over zones, and the failures that quorum survives."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tripod.core.problems import MapKey, Path, Problem
from tripod.network.zones import in_slot_order

MIN_MEMBERS = 3
MAX_MEMBERS = 7
"""etcd's recommended maximum: beyond seven, writes get slower and nothing is gained."""


@dataclass(frozen=True)
class Placement:
    """The zone of one member.

    Attributes:
        zone: its availability zone.
        slot: the zone's slot.
        ordinal: its number among the zone's members, from 0.
    """

    zone: str
    slot: int
    ordinal: int

    @property
    def key(self) -> str:
        """The member's key in resource names: ``<slot>-<ordinal>``. It never changes during the member's existence."""
        return f"{self.slot}-{self.ordinal}"


def quorum(members: int) -> int:
    """Compute the number of members that form a quorum."""
    return members // 2 + 1


def losses_survived(members: int) -> int:
    """Compute the number of members that may fail without loss of quorum."""
    return members - quorum(members)


def place_members(
    members: int, zones: Mapping[str, int], placement: Mapping[str, int] | None = None
) -> tuple[Placement, ...]:
    """Distribute members over zones round-robin in the order of slots, or by an explicit placement.

    Growing by two members and a zone with a higher slot (3 over 2 zones: 2/1; 5 over 3: 2/2/1) only adds members. A
    zone added without new members would move one: an explicit placement prevents that.

    Args:
        members: the number of members.
        zones: zone → slot.
        placement: zone → number of members; by default round-robin.
    """
    ordered = in_slot_order(zones)
    dealt = Counter(ordered[index % len(ordered)][0] for index in range(members if ordered else 0))
    counts = dealt if placement is None else placement
    return tuple(Placement(zone, slot, ordinal) for zone, slot in ordered for ordinal in range(counts.get(zone, 0)))


def most_in_one_zone(zones_of_members: Sequence[str]) -> int:
    """Count the members in the zone that has most of them."""
    return max(Counter(zones_of_members).values(), default=0)


def tolerates_zone_failure(zones_of_members: Sequence[str]) -> bool:
    """True if the members keep quorum after the loss of any one zone."""
    return most_in_one_zone(zones_of_members) <= losses_survived(len(zones_of_members)) and bool(zones_of_members)


def member_count_problem(members: int, path: Path) -> Problem | None:
    """Find a problem with the number of members: too few, too many or even."""
    if members < MIN_MEMBERS:
        remedy = f"use {MIN_MEMBERS}: with fewer, the loss of one member stops the cluster"
    elif members > MAX_MEMBERS:
        remedy = f"use {MAX_MEMBERS}: more make every write slower"
    elif members % 2 == 0:
        remedy = f"use {members + 1}: an even number survives no more losses than {members - 1}"
    else:
        return None
    return Problem(path, str(members), f"an odd number from {MIN_MEMBERS} to {MAX_MEMBERS}", remedy)


def placement_problems(
    members: int, zones: Mapping[str, int], placement: Mapping[str, int], path: Path
) -> Iterator[Problem]:
    """Find zones and counts in a placement that match neither the network nor the number of members.

    Args:
        members: the number of members.
        zones: zone → slot.
        placement: zone → number of members.
        path: the placement's place in the configuration.
    """
    for zone, count in placement.items():
        if zone not in zones:
            yield Problem(
                (*path, MapKey(zone)), zone, f"zones of network.zones: {', '.join(zones)}", "correct the zone"
            )
        if count < 0:
            yield Problem((*path, MapKey(zone)), str(count), "0 or more", "correct the number")
    if sum(placement.values()) != members:
        yield Problem(path, f"{sum(placement.values())} members", f"{members}, as members says", "correct either")


def zone_failure_problems(
    members: int, zones: Mapping[str, int], placement: Mapping[str, int] | None, path: Path
) -> Iterator[Problem]:
    """Find a placement that does not survive the loss of a zone, as ``ha: zone`` requires.

    Args:
        members: the number of members, valid.
        zones: zone → slot.
        placement: zone → number of members; by default round-robin.
        path: the place of the zones in the configuration.
    """
    places = [place.zone for place in place_members(members, zones, placement)]
    if not places or tolerates_zone_failure(places):
        return
    names = ", ".join(zone for zone, _ in in_slot_order(zones))
    counts = "/".join(str(count) for count in Counter(places).values())
    yield Problem(
        path,
        f"{names} ({members} members as {counts})",
        "three zones or more: no placement over two survives the loss of either",
        "add a zone, choose a region that has three, or accept less with cluster.ha: node",
    )
