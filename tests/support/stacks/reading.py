"""Reading plans: the order of resources, and the values of their inputs."""

from collections.abc import Iterator
from typing import Any, cast

from tripod.rehearsal.program import Recording


def preceding(recording: Recording, urn: str) -> set[str]:
    """URNs of the direct and indirect dependencies of a resource."""
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        new = {one for one in recording.registrations[waiting.pop()].dependencies if one in recording.registrations}
        waiting.extend(new - found)
        found |= new
    return found


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Values within objects and lists, each with its nearest key."""
    if isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            yield from leaves(item, name)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from leaves(item, key)
    else:
        yield key, value


def texts(value: Any) -> list[str]:
    """Texts within objects and lists."""
    return [leaf for _, leaf in leaves(value) if isinstance(leaf, str)]
