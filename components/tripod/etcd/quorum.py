"""How many members, where, and what may fail."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tripod.core.problems import MapKey, Path, Problem
from tripod.network.zones import in_slot_order

FEWEST_MEMBERS = 3
MOST_MEMBERS = 7
"""etcd's own advice: beyond seven, every write waits for more disks and nothing is won."""


@dataclass(frozen=True)
class Placement:
    """Where one member lives.

    Attributes:
        zone: its availability zone.
        slot: the zone's slot.
        ordinal: which of the zone's members it is, from 0.
    """

    zone: str
    slot: int
    ordinal: int

    @property
    def key(self) -> str:
        """What the member is called in names: ``<slot>-<ordinal>``. It never changes while the member lives."""
        return f"{self.slot}-{self.ordinal}"


def quorum(members: int) -> int:
    """How many members must agree."""
    return members // 2 + 1


def losses_survived(members: int) -> int:
    """How many members may be gone while the rest still agree."""
    return members - quorum(members)


def place_members(
    members: int, zones: Mapping[str, int], placement: Mapping[str, int] | None = None
) -> tuple[Placement, ...]:
    """Members dealt out over zones in the order of slots, one round after another, or as a placement says.

    Growing by two members and a zone of a higher slot (3 over 2 zones: 2/1; 5 over 3: 2/2/1) only adds places. A
    zone that joins while the number of members stays would move one: a placement keeps them where they are.

    Args:
        members: how many.
        zones: zone → slot.
        placement: zone → how many members it has; by default they are dealt out.
    """
    ordered = in_slot_order(zones)
    dealt = Counter(ordered[index % len(ordered)][0] for index in range(members if ordered else 0))
    counts = dealt if placement is None else placement
    return tuple(Placement(zone, slot, ordinal) for zone, slot in ordered for ordinal in range(counts.get(zone, 0)))


def most_in_one_zone(zones_of_members: Sequence[str]) -> int:
    """The members that the loss of the worst zone would take."""
    return max(Counter(zones_of_members).values(), default=0)


def tolerates_zone_failure(zones_of_members: Sequence[str]) -> bool:
    """Whether the members left after the loss of any one zone still agree."""
    return most_in_one_zone(zones_of_members) <= losses_survived(len(zones_of_members)) and bool(zones_of_members)


def member_count_problem(members: int, path: Path) -> Problem | None:
    """A number of members that etcd cannot use well."""
    if members < FEWEST_MEMBERS:
        remedy = f"use {FEWEST_MEMBERS}: with fewer, the loss of one member stops the cluster"
    elif members > MOST_MEMBERS:
        remedy = f"use {MOST_MEMBERS}: more make every write slower"
    elif members % 2 == 0:
        remedy = f"use {members + 1}: an even number survives no more losses than {members - 1}"
    else:
        return None
    return Problem(path, str(members), f"an odd number from {FEWEST_MEMBERS} to {MOST_MEMBERS}", remedy)


def placement_problems(
    members: int, zones: Mapping[str, int], placement: Mapping[str, int], path: Path
) -> Iterator[Problem]:
    """A placement of other zones, or of another number of members.

    Args:
        members: how many members.
        zones: zone → slot.
        placement: zone → how many members it has.
        path: where the placement stands.
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
    """A spread that does not survive the loss of a zone, though ``ha: zone`` asks for it.

    Args:
        members: how many members, a valid number.
        zones: zone → slot.
        placement: zone → how many members it has; by default they are dealt out.
        path: where the zones stand.
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
