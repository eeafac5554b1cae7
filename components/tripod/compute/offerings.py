"""Families of instance types that regions offer, as recorded in ``offerings.json``: a plan asks no AWS.

The record names its source and the date on which it was taken. AWS adds families to regions: where there are
credentials, AWS is asked instead.
"""

import json
from functools import cache
from importlib.resources import files

from tripod.core.json_types import JsonMapping


@cache
def _record() -> JsonMapping:
    return json.loads(files("tripod.compute").joinpath("offerings.json").read_text())


def recorded_on() -> str:
    """The date of the record."""
    return _record()["date"]


def family(instance_type: str) -> str:
    """The family of an instance type: ``m7g`` of m7g.large."""
    return instance_type.partition(".")[0]


@cache
def recorded_families(region: str) -> frozenset[str]:
    """The families that a region offers; empty for a region that is not recorded."""
    return frozenset(_record()["families"].get(region, "").split())


@cache
def all_recorded_families() -> frozenset[str]:
    """The families that any recorded region offers."""
    return frozenset(name for listed in _record()["families"].values() for name in listed.split())
