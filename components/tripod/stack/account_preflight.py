"""Preflight of a real account: what a stack needs against what AWS offers and allows there."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pulumi
from botocore.exceptions import BotoCoreError, ClientError

from tripod.core.problems import Problem
from tripod.stack.account_facts import AccountFacts
from tripod.stack.aws_clients import Clients
from tripod.stack.demand import (
    addresses_needed,
    balancers_needed,
    instance_demands,
    offered_type_problems,
    vpcs_needed,
)
from tripod.stack.quotas import ELASTIC_IPS, INSTANCE_VCPUS, LOAD_BALANCERS, VPCS, Quota, Usage, quota_problems
from tripod.stack.spec import StackSpec

T = TypeVar("T")

NO_DEFAULT_VPC = (
    "this account has no default VPC in {region}. A group of one etcd member is given a zone, not a subnet, since its "
    "launch template names the member's interface. Auto Scaling documents that, but not for such an account. If it "
    "answers 'No default VPC for this user', see 'No default VPC' in docs/first-deployment.md"
)
"""The API reference of CreateAutoScalingGroup names this use of AvailabilityZones; nobody has tried it without one."""


def account_problems(spec: StackSpec, account: str) -> Iterator[Problem]:
    """Find what an account does not offer, or not as much of as a stack still needs.

    What the credentials may not read is not checked, and a warning says so. They are boto3's, of the stack's profile;
    a provider that assumes a role has others, whose account may be another one.

    Args:
        spec: the stack.
        account: the account of the AWS provider.
    """
    facts = _ask("limits of the account", lambda: _facts(spec, account))
    if facts is None:
        return
    named = [name for demand in instance_demands(spec) for name in demand.types.values()]
    offered = _ask("instance types", lambda: facts.offered(named))
    yield from offered_type_problems(spec, offered) if offered is not None else ()
    yield from _quotas(spec, facts)
    if _ask("default VPC", facts.has_default_vpc) is False:
        pulumi.log.warn(NO_DEFAULT_VPC.format(region=spec.region))


def _facts(spec: StackSpec, account: str) -> AccountFacts | None:
    facts = AccountFacts(Clients(profile=pulumi.Config("aws").get("profile")), spec.region, spec.cluster.name)
    if facts.account != account:
        pulumi.log.warn(
            f"limits of the account: not checked. The provider's is {account}, these credentials' is {facts.account}"
        )
        return None
    return facts


def _quotas(spec: StackSpec, facts: AccountFacts) -> Iterator[Problem]:
    wanted: tuple[tuple[Quota, Callable[[], tuple[int, Usage]]], ...] = (
        (ELASTIC_IPS, lambda: (addresses_needed(spec), facts.addresses())),
        (INSTANCE_VCPUS, lambda: _vcpus(spec, facts)),
        (VPCS, lambda: (vpcs_needed(spec), facts.vpcs())),
        (LOAD_BALANCERS, lambda: (balancers_needed(spec), facts.balancers())),
    )
    for quota, count in wanted:
        counts = _ask(quota.counted, count)
        limit = _ask(f"quota {quota.code}", lambda quota=quota: facts.limit(quota))
        if counts is not None and limit is not None:
            yield from quota_problems(quota, spec.region, *counts, limit)


def _vcpus(spec: StackSpec, facts: AccountFacts) -> tuple[int, Usage]:
    """The vCPUs that a stack needs, of each group's preferred type, and the account's use."""
    demands = [(next(iter(demand.types.values())), sum(demand.zones.values())) for demand in instance_demands(spec)]
    sizes, usage = facts.vcpus(name for name, _ in demands)
    return sum(sizes.get(name, 0) * number for name, number in demands), usage


def _ask(fact: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except (BotoCoreError, ClientError) as error:
        pulumi.log.warn(f"{fact}: not checked before the update. {error}")
        return None
