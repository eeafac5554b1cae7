"""Rules on zones: each exists and has a slot of its own."""

from collections.abc import Iterator, Mapping, Sequence

from tripod.core.problems import Path, Problem
from tripod.network.addresses import ZONE_SLOTS


def slot_problems(zones: Mapping[str, int], path: Path) -> Iterator[Problem]:
    """Find slots that do not exist or are given twice."""
    if not zones:
        yield Problem(path, "no zone", "two zones or more", "name the zones, each with a slot of its own")
    taken: dict[int, str] = {}
    for zone, slot in zones.items():
        if not 0 <= slot < ZONE_SLOTS:
            yield Problem((*path, zone), str(slot), f"a slot from 0 to {ZONE_SLOTS - 1}", "change the slot")
        elif slot in taken:
            yield Problem(
                (*path, zone),
                str(slot),
                f"a slot that {taken[slot]} does not have",
                "give each zone its own; never change the slot of a zone that exists",
            )
        taken.setdefault(slot, zone)


def zone_problems(zones: Mapping[str, int], region: str, available: Sequence[str], path: Path) -> Iterator[Problem]:
    """Find zones that the region or the account does not have.

    Args:
        zones: zone → slot.
        region: the cluster's region.
        available: the zones that the account can use in the region.
        path: the path of the zones.
    """
    for zone in zones:
        if zone not in available:
            yield Problem(
                (*path, zone),
                repr(zone),
                f"a zone of {region} that this account has: {', '.join(available) or 'none'}",
                "choose among those",
            )


def in_slot_order(zones: Mapping[str, int]) -> list[tuple[str, int]]:
    """Sort zones by slot, the order in which etcd members are placed."""
    return sorted(zones.items(), key=lambda item: item[1])
