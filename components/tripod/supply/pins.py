"""Digests of binaries, as their projects publish them."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ARCHITECTURES = ("amd64", "arm64")

Digests = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Binary → version → architecture → sha256, in hexadecimal."""


@cache
def known_digests() -> Digests:
    """Load the digests of this release from ``pins.json``."""
    return json.loads(files("tripod.supply").joinpath("pins.json").read_text())
