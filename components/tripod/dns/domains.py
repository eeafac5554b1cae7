"""Checks of DNS names in settings."""

import re
from collections.abc import Iterator

from tripod.core.patterns import DOMAIN
from tripod.core.problems import Path, Problem


def domain_problems(name: str, path: Path) -> Iterator[Problem]:
    """Find a name that is not a valid domain."""
    if len(name) > 253 or not re.fullmatch(DOMAIN, name):
        yield Problem(path, repr(name), "a domain such as staging.example.com", "correct it")


def within(name: str, zone: str) -> bool:
    """True if a name is the zone's own name or below it."""
    return name == zone or name.endswith(f".{zone}")
