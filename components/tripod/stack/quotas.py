"""Quotas of an account that a stack comes near to in an empty one."""

from collections.abc import Iterator
from dataclasses import dataclass

from tripod.core.problems import Path, Problem


@dataclass(frozen=True)
class Quota:
    """A quota of a region, in Service Quotas.

    Attributes:
        service: its service's code.
        code: its own.
        counted: the name of what it counts.
        path: the setting that the need follows from.
        instead: the other way than a higher quota.
    """

    service: str
    code: str
    counted: str
    path: Path
    instead: str


ELASTIC_IPS = Quota("ec2", "L-0263D0A3", "elastic IPs", ("network", "nat"), "release addresses")
INSTANCE_VCPUS = Quota(
    "ec2", "L-1216C47A", "vCPUs of on-demand standard instances", ("workers",), "choose fewer or smaller instances"
)
VPCS = Quota("vpc", "L-F678F1CE", "VPCs", ("network",), "delete a VPC, or adopt one")
LOAD_BALANCERS = Quota(
    "elasticloadbalancing", "L-69A177A2", "network load balancers", ("access", "mode"), "delete load balancers"
)


@dataclass(frozen=True)
class Usage:
    """An account's use of a quota.

    Attributes:
        total: the number in use, by anyone.
        own: the stack's own among them, from an earlier update.
    """

    total: int
    own: int


def quota_problems(quota: Quota, region: str, needed: int, usage: Usage, limit: float) -> Iterator[Problem]:
    """Find a quota that what is still missing of a stack exceeds.

    Args:
        quota: the quota.
        region: its region.
        needed: the number that the stack needs in all.
        usage: the account's use.
        limit: the quota's value.
    """
    missing = needed - usage.own
    if missing > 0 and usage.total + missing > limit:
        yield Problem(
            quota.path,
            f"{missing} more {quota.counted} beside {usage.total} in {region}",
            f"{limit:.0f} in all (quota {quota.code})",
            f"ask for more: aws service-quotas request-service-quota-increase --region {region} --service-code "
            f"{quota.service} --quota-code {quota.code} --desired-value {usage.total + missing}; or {quota.instead}",
        )
