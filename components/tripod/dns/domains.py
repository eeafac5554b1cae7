"""DNS names as configurations write them."""

import re
from collections.abc import Iterator

from tripod.core.patterns import DOMAIN
from tripod.core.problems import Path, Problem


def domain_problems(name: str, path: Path) -> Iterator[Problem]:
    """What is no domain as we write them."""
    if len(name) > 253 or not re.fullmatch(DOMAIN, name):
        yield Problem(path, repr(name), "a domain such as staging.example.com", "correct it")


def within(name: str, zone: str) -> bool:
    """Whether a name is a zone's own, or one in it."""
    return name == zone or name.endswith(f".{zone}")
