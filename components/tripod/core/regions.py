"""Zones, partition and domain of AWS regions, without a call to AWS.

An account may have fewer zones, or other letters, than the table; before resources are created, the account is asked.
"""

import json
from functools import cache
from importlib.resources import files


@cache
def recorded_zones() -> dict[str, tuple[str, ...]]:
    """Region → its zones, as recorded in ``regions.json`` (region → letters)."""
    recorded: dict[str, str] = json.loads(files("tripod.core").joinpath("regions.json").read_text())
    return {region: tuple(region + letter for letter in letters) for region, letters in recorded.items()}


def partition(region: str) -> str:
    """The first part of an ARN in a region: ``aws``, ``aws-cn`` or ``aws-us-gov``."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def dns_suffix(region: str) -> str:
    """The domain of AWS' own services in a region."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def arn_region(arn: str) -> str:
    """The region that an ARN names; empty for a global one."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 else ""
