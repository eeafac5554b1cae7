"""Growing a cluster: what changes, and that nothing which holds data or serves the API is touched."""

import inspect
from typing import Any

import pulumi_aws as aws
import pytest

from support.stacks.planned import changed, inputs, of_type, put, settings_of, shared_plan
from support.stacks.samples import ATTACHED
from tripod.rehearsal.program import Recording
from tripod.rehearsal.recorder import Registration

UNTOUCHED = (
    "aws:autoscaling/group:Group",
    "aws:ebs/volume:Volume",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/networkInterface:NetworkInterface",
)
"""Control-plane nodes, members, workers, volumes: what has them keeps every input."""

# Differences that growth may make in what exists already: type, property → why that is no replacement.
IN_PLACE = {
    ("aws:lb/loadBalancer:LoadBalancer", "subnets"): (
        "the provider's documentation of aws_lb: for type network subnets can only be added, and deleting one "
        "forces a recreation"
    ),
    ("aws:s3/bucketObjectv2:BucketObjectv2", "content"): (
        "the provider's documentation of aws_s3_object: content is uploaded under the same key"
    ),
    ("aws:iam/rolePolicy:RolePolicy", "policy"): (
        "the provider's role_policy.go puts it in place, only its name and role are ForceNew: private external-dns may "
        "not write a new database's name"
    ),
    ("kubernetes:helm.sh/v3:Release", "values"): "Helm upgrades a release: private external-dns excludes that name",
    ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "spec"): (
        "Kubernetes' documentation of NetworkPolicy names no field of its spec immutable: a zone's range is let through"
    ),
}


def _changes(before: Recording, after: Recording) -> tuple[set[str], set[str], dict[tuple[str, str], list[str]]]:
    """What appears, what goes, and what of the rest has other inputs: (type, property) → names."""
    old, new = before.registrations, after.registrations
    different: dict[tuple[str, str], list[str]] = {}
    for urn in old.keys() & new.keys():
        for key in inputs(old[urn]).keys() | inputs(new[urn]).keys():
            if old[urn].custom and inputs(old[urn]).get(key) != inputs(new[urn]).get(key):
                different.setdefault((old[urn].type, key), []).append(old[urn].name)
    return set(new) - set(old), set(old) - set(new), different


def _two_zones(settings: dict[str, Any]) -> None:
    settings["tripod:network"]["zones"] = {"us-west-2a": 0, "us-west-2b": 1}
    settings["tripod:cluster"]["ha"] = "node"


def _five_members(settings: dict[str, Any]) -> None:
    settings["tripod:etcd"] = {"members": 5}


def _another_group(settings: dict[str, Any]) -> None:
    settings["tripod:workers"].append({"name": "batch", "instanceTypes": ["c7g.large"], "maxPerZone": 5})


GROWTHS = {
    "from two zones to three": (changed("staging", _two_zones), changed("staging", _five_members)),
    "by a fourth zone": (settings_of("staging"), changed("staging", put("tripod:network.zones.us-west-2d", 3))),
    "by a group of workers": (settings_of("staging"), changed("staging", _another_group)),
    "by a peer": (
        settings_of("staging"),
        changed("staging", lambda settings: settings["tripod:peers"].append(ATTACHED)),
    ),
    "by two members": (settings_of("staging"), changed("staging", _five_members)),
}


@pytest.mark.parametrize("growth", GROWTHS)
def test_growth_replaces_nothing_and_touches_no_node_and_no_volume(growth: str) -> None:
    before, after = (shared_plan(settings, "growing") for settings in GROWTHS[growth])
    appeared, gone, different = _changes(before, after)
    assert gone == set()
    assert appeared
    assert {change: names for change, names in different.items() if change[0] in UNTOUCHED} == {}
    assert {change: names for change, names in different.items() if change not in IN_PLACE} == {}
    for change in (("aws:iam/rolePolicy:RolePolicy", "policy"), ("kubernetes:helm.sh/v3:Release", "values")):
        assert all("external-dns-private" in name for name in different.get(change, []))
    # A load balancer only gains subnets.
    old, new = (of_type(recording, "lb/loadBalancer:LoadBalancer")[0] for recording in (before, after))
    kept = inputs(old)["subnets"]
    assert inputs(new)["subnets"][: len(kept)] == kept


def test_the_provider_says_of_subnets_what_is_relied_on() -> None:
    told = inspect.getsource(aws.lb.LoadBalancer)
    assert "subnets can only be added" in told
    assert "deleting a subnet for load balancers of type `network` will force a recreation" in told


def test_every_excuse_is_needed_by_some_growth() -> None:
    needed = {
        change
        for before, after in GROWTHS.values()
        for change in _changes(shared_plan(before, "growing"), shared_plan(after, "growing"))[2]
    }
    assert needed == IN_PLACE.keys()


def test_a_new_member_gets_a_new_place_and_the_others_keep_theirs() -> None:
    before, after = (shared_plan(settings, "growing") for settings in GROWTHS["from two zones to three"])

    def members(recording: Recording) -> dict[str, Registration]:
        type_ = "aws:ec2/networkInterface:NetworkInterface"
        return {one.name: one for one in recording.registrations.values() if one.type == type_}

    old, new = members(before), members(after)
    assert sorted(new.keys() - old.keys()) == ["cluster-etcd-1-1-interface", "cluster-etcd-2-0-interface"]
    assert {name: inputs(one) for name, one in old.items()} == {name: inputs(new[name]) for name in old}
