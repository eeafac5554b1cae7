"""DNS names as configurations write them."""

import re
from collections.abc import Iterator

from tripod.core.problems import Path, Problem

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

DOMAIN = rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?"
"""A domain of two labels or more, in lower case, without a dot at its end. An address is none."""


def domain_problems(name: str, path: Path) -> Iterator[Problem]:
    """What is no domain as we write them."""
    if len(name) > 253 or not re.fullmatch(DOMAIN, name):
        yield Problem(path, repr(name), "a domain such as staging.example.com", "correct it")


def within(name: str, zone: str) -> bool:
    """Whether a name is a zone's own, or one in it."""
    return name == zone or name.endswith(f".{zone}")
