"""Random configurations: each gives a plan whose invariants hold, or a refusal; never a traceback."""

import os
from contextlib import suppress
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, event, given, seed, settings
from hypothesis import strategies as st

from support.stacks.invariants import broken_invariants
from support.stacks.planned import plan_settings, put
from tripod.core.naming import RESERVED_NAME_PREFIXES, TEAM_TAGS
from tripod.core.problems import ConfigurationError
from tripod.etcd.quorum import place_members, tolerates_zone_failure

PARTS = 4
EXAMPLES = int(os.environ.get("TRIPOD_EXAMPLES") or "40") // PARTS
"""Of each part. `make test` tries 40 configurations in all, `make test-all` 300."""

ZONES = [f"us-west-2{letter}" for letter in "abcd"]


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


prefixes = st.tuples(st.integers(0, 255), st.integers(16, 21)).map(lambda pair: f"10.{pair[0]}.0.0/{pair[1]}")
zones = st.lists(st.sampled_from(ZONES), min_size=2, max_size=4, unique=True).flatmap(
    lambda chosen: st.permutations(range(4)).map(lambda slots: dict(zip(chosen, slots, strict=False)))
)
types = st.sampled_from(["m7g.large", "m7g.xlarge", "c7g.2xlarge", "m7i.large", "c7a.xlarge", "t4g.medium"])
volume = optional(sizeGib=st.integers(20, 500), iops=st.integers(3000, 8000), throughput=st.integers(125, 700))

cluster = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True).filter(
            lambda name: not f"{name}-".startswith(RESERVED_NAME_PREFIXES)
        ),
        "environment": st.just("random"),
        "owner": st.text(min_size=1, max_size=10),
    },
    optional={
        "ha": st.sampled_from(["zone", "node"]),
        "protect": st.booleans(),
        "tags": st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=8), max_size=TEAM_TAGS),
    },
)
network = st.fixed_dictionaries(
    {"cidr": prefixes, "zones": zones},
    optional={
        "podCidr": st.sampled_from(["100.64.0.0/14", "172.16.0.0/14"]),
        "serviceCidr": st.sampled_from(["100.80.0.0/16", "192.168.0.0/18"]),
        "cni": st.sampled_from(["cilium", "aws-vpc"]),
        "flowLogDays": st.sampled_from([1, 30, 365]),
    },
)
etcd = optional(
    members=st.sampled_from([3, 5, 7]), instanceType=types, volume=volume, rootVolume=volume, metrics=st.booleans()
)
access = st.sampled_from(
    [
        {},
        {"mode": "in-vpc-runner", "allowedRanges": ["10.0.0.0/8"]},
        {"mode": "public-allow-list", "allowedRanges": ["203.0.113.0/24", "198.51.100.7/32"]},
    ]
)
group = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["general", "batch", "gpu", "a-group-of-long-name"]),
        "instanceTypes": st.sampled_from([["m7g.large"], ["m7i.large", "c7a.xlarge"], ["c7g.2xlarge", "t4g.medium"]]),
        "minPerZone": st.integers(1, 3),
        "maxPerZone": st.integers(3, 5),
    },
    optional={
        "spot": st.just({"onDemandBase": 1}),
        "labels": st.just({"team": "a"}),
        "taints": st.just([{"key": "dedicated", "value": "a", "effect": "NoSchedule"}]),
        "rootVolume": volume,
    },
)
peer = st.fixed_dictionaries(
    {"name": st.just("data"), "cidr": st.sampled_from(["172.30.0.0/24", "192.168.128.0/22"])},
    optional={
        "dnsResolution": st.booleans(),
        "region": st.sampled_from(["us-west-2", "eu-west-1"]),
    },
)
stacks = st.fixed_dictionaries(
    {
        "aws:region": st.just("us-west-2"),
        "tripod:cluster": cluster,
        "tripod:network": network,
        "tripod:images": st.just({"amd64": "ami-0123456789abcdef0", "arm64": "ami-0123456789abcdef1"}),
        "tripod:workers": st.lists(group, min_size=1, max_size=3, unique_by=lambda one: str(one["name"])),
    },
    optional={
        "tripod:etcd": etcd,
        "tripod:controlPlane": optional(instanceType=st.just("m7i.large"), perZone=st.integers(1, 3)),
        "tripod:access": access,
        "tripod:peers": st.lists(peer, max_size=1),
    },
)


def consistent(configuration: dict[str, Any]) -> dict[str, Any]:
    """A configuration that claims no more than its zones can hold, and whose peers are complete."""
    members = configuration.get("tripod:etcd", {}).get("members", 3)
    places = [place.zone for place in place_members(members, configuration["tripod:network"]["zones"])]
    if not tolerates_zone_failure(places):
        configuration["tripod:cluster"]["ha"] = "node"
    for one in configuration.get("tripod:peers", []):
        one.setdefault("example", {"zones": ZONES[:2]})
    return configuration


NONSENSE = st.sampled_from(
    [None, 0, -1, 3.5, True, "", "nonsense", "0.0.0.0/0", "10.1.2.3/16", [], [7], {}, {"x": "y"}]
)
PLACES = st.sampled_from(
    [
        "aws:region", "tripod:surprise", "tripod:cluster", "tripod:cluster.name", "tripod:cluster.ha",
        "tripod:cluster.tags", "tripod:network", "tripod:network.cidr", "tripod:network.zones",
        "tripod:network.podCidr", "tripod:network.nat", "tripod:network.adopt", "tripod:images", "tripod:images.arm64",
        "tripod:workers", "tripod:workers.0", "tripod:workers.0.name", "tripod:workers.0.instanceTypes",
        "tripod:workers.0.zones", "tripod:workers.0.spot", "tripod:workers.0.labels", "tripod:etcd",
        "tripod:etcd.members", "tripod:etcd.volume", "tripod:etcd.volume.iops", "tripod:controlPlane",
        "tripod:access", "tripod:access.allowedRanges", "tripod:versions", "tripod:versions.etcd",
        "tripod:encryption.enabled", "tripod:encryption.storageKeyArn", "tripod:peers", "tripod:peers.0",
        "tripod:dns.internalZone", "tripod:issuer.url",
    ]
)  # fmt: skip
corruptions = st.one_of(st.just([]), st.lists(st.tuples(PLACES, NONSENSE), max_size=3))


def corrupted(configuration: dict[str, Any], changes: list[tuple[str, Any]]) -> dict[str, Any]:
    """A configuration with nonsense at some places, of those that it has."""
    for place, value in changes:
        with suppress(AttributeError, IndexError, KeyError, TypeError):
            put(place, value)(configuration)
    return configuration


def _sound_plan_or_refusal(configuration: dict[str, Any]) -> None:
    try:
        recording = plan_settings(configuration)
    except pulumi.RunError as refusal:
        event("refused")
        if not isinstance(refusal.__cause__, ConfigurationError) or not refusal.__cause__.problems:
            raise
        return
    event("planned")
    assert broken_invariants(recording, configuration) == []


@pytest.mark.parametrize("part", range(PARTS))
def test_a_configuration_gives_a_sound_plan_or_a_refusal(part: int) -> None:
    """Each part tries its own examples, the same ones every time; several processes share the parts."""
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large]
    examples = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=unhurried, database=None)
    configurations = st.builds(corrupted, stacks.map(consistent), corruptions)
    seed(part)(examples(given(configurations)(_sound_plan_or_refusal)))()
