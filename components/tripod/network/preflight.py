"""Checks of a network against the account, before anything is made."""

from collections.abc import Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from tripod.core.problems import Path, Problem, raise_if_any
from tripod.network.adopted import adoption_problems, look_up_vpc
from tripod.network.spec import NetworkSpec
from tripod.network.zones import zone_problems

_zones_by_engine: WeakKeyDictionary[Any, dict[str, Sequence[str]]] = WeakKeyDictionary()
"""Engine → region → its zones: one call a program, since each delays everything else."""


def available_zones(region: str, opts: pulumi.InvokeOptions) -> Sequence[str]:
    """The availability zones that the account has in a region; no local zones, which hold no control plane.

    Args:
        region: the region of the provider.
        opts: options with the credentials of the call.
    """
    answers = _zones_by_engine.setdefault(get_monitor(), {})
    if region not in answers:
        ordinary = aws.GetAvailabilityZonesFilterArgs(name="zone-type", values=["availability-zone"])
        answers[region] = aws.get_availability_zones(state="available", filters=[ordinary], opts=opts).names
    return answers[region]


def check_network(spec: NetworkSpec, region: str, cluster: str, opts: pulumi.InvokeOptions, path: Path = ()) -> None:
    """Refuse zones that the account does not have, and a VPC that cannot carry the cluster.

    Args:
        spec: the network's settings.
        region: its region.
        cluster: the cluster's name.
        opts: options with the credentials of the call.
        path: the path of the settings.

    Raises:
        ConfigurationError: every reason at once; nothing was made.
    """
    raise_if_any(problem.under(*path) for problem in _problems(spec, region, cluster, opts))


def _problems(spec: NetworkSpec, region: str, cluster: str, opts: pulumi.InvokeOptions) -> Iterator[Problem]:
    yield from zone_problems(spec.zones, region, available_zones(region, opts), ("zones",))
    found = look_up_vpc(spec.adopt, opts) if spec.adopt else None
    if spec.adopt and found:
        yield from adoption_problems(spec.adopt, found, cluster)
