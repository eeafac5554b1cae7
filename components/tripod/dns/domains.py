"""DNS names in configurations."""

import re
from collections.abc import Iterator

from tripod.core.problems import Path, Problem

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

DOMAIN = rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?"
"""Pattern of a domain: two labels or more, in lower case, without a final dot. IP addresses do not match."""


def domain_problems(name: str, path: Path) -> Iterator[Problem]:
    """Find a name that is not a valid domain."""
    if len(name) > 253 or not re.fullmatch(DOMAIN, name):
        yield Problem(path, repr(name), "a domain such as staging.example.com", "correct it")


def within(name: str, zone: str) -> bool:
    """True if a name is the zone's own name or below it."""
    return name == zone or name.endswith(f".{zone}")
