"""Configurations that are refused: every problem at once, each with its place, and nothing declared."""

from typing import Any

import pulumi
import pytest

from support.stacks.planned import Change, changed, config_of, plan_settings, project, put
from support.stacks.samples import ATTACHED
from tripod.core.problems import ConfigurationError, Problem
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import record
from tripod.rehearsal.recorder import Registration

NETWORK, PEER = "tripod:network", "tripod:peers.0"
TWO_ZONES = {"us-west-1a": 0, "us-west-1b": 1}


def _in_us_west_1(settings: dict[str, Any]) -> None:
    settings["aws:region"] = "us-west-1"
    settings["tripod:network"]["zones"] = TWO_ZONES
    settings["tripod:peers"] = []


def _internal_ingress(settings: dict[str, Any]) -> None:
    settings[NETWORK]["loadBalancers"] = ["public"]
    settings["tripod:addOns"]["ingress"] = {"internal": True}


def _gateway_without_cilium(settings: dict[str, Any]) -> None:
    settings["tripod:network"]["cni"] = "aws-vpc"
    settings["tripod:addOns"]["ingress"] = {"kind": "gateway"}


def _attached(**more: Any) -> Change:
    return put("tripod:peers", [{**ATTACHED, **more}])


def _database(**more: Any) -> Change:
    return _attached(databases=[{**ATTACHED["databases"][0], **more}])


def _with_default_tags(settings: dict[str, Any]) -> None:
    settings["tripod:cluster"]["tags"] = dict.fromkeys("ab", "x")
    settings["aws:defaultTags"] = {"tags": {"c": "x", "d": "x", "owner": "x"}}


def _twice(settings: dict[str, Any]) -> None:
    settings["tripod:peers"] = [ATTACHED, {**ATTACHED, "name": "again", "cidr": "10.98.0.0/16"}]


def _same_name(settings: dict[str, Any]) -> None:
    settings["tripod:workers"] *= 2


# What is changed → where the problem is, and a word of what is allowed or to be done. More in test_cli.py: MISTAKES.
REFUSED: dict[str, tuple[Change, str, str]] = {
    "a second region": (put("tripod:region", "eu-west-1"), "tripod:region", "set aws:region"),
    "an unknown key deep down": (put("tripod:etcd.volume.sizeGb", 1), "tripod:etcd.volume.sizeGb", "sizeGib?"),
    "a public range": (put(f"{NETWORK}.cidr", "11.1.0.0/16"), "tripod:network.cidr", "private range"),
    "pods in the VPC": (put(f"{NETWORK}.podCidr", "10.20.0.0/18"), "tripod:network.podCidr", "another range"),
    "services in the pods": (
        put(f"{NETWORK}.serviceCidr", "100.64.0.0/16"), "tripod:network.serviceCidr", "another range",
    ),
    "a peer in the VPC": (_attached(cidr="10.20.128.0/20"), "tripod:peers[0].cidr", "another range"),
    "a peer in the pods": (_attached(cidr="100.64.0.0/20"), "tripod:peers[0].cidr", "another range"),
    "two members": (put("tripod:etcd.members", 2), "tripod:etcd.members", "use 3"),
    "one member": (put("tripod:etcd.members", 1), "tripod:etcd.members", "use 3"),
    "a region of two zones": (_in_us_west_1, "tripod:network.zones", "us-west-1a, us-west-1b"),
    "a zone of another region": (
        put(f"{NETWORK}.zones", {"us-west-2a": 0, "us-west-2b": 1, "eu-west-1a": 2}),
        "tripod:network.zones.eu-west-1a", "us-west-2c",
    ),
    "a slot twice": (
        put(f"{NETWORK}.zones", {"us-west-2a": 0, "us-west-2b": 1, "us-west-2c": 1}),
        "tripod:network.zones.us-west-2c", "us-west-2b does not have",
    ),
    "a group's name twice": (_same_name, "tripod:workers[0].name", "rename one"),
    "an instance without an image": (
        put("tripod:images", {"amd64": "ami-0123456789abcdef0"}), "tripod:etcd.instanceType", "images.arm64",
    ),
    "types of two architectures": (
        put("tripod:workers.0.instanceTypes", ["m7g.large", "m7i.large"]),
        "tripod:workers[0].instanceTypes", "one architecture",
    ),
    "an image that changes": (
        put("tripod:images.arm64", "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/x"),
        "tripod:images.arm64", "dated serial",
    ),
    "everybody by halves": (
        put("tripod:access", {"mode": "public-allow-list", "allowedRanges": ["0.0.0.0/1", "128.0.0.0/1"]}),
        "tripod:access.allowedRanges[1]", "never 0.0.0.0/0",
    ),
    "nobody at a public API": (
        put("tripod:access", {"mode": "public-allow-list"}), "tripod:access.allowedRanges", "one range",
    ),
    "an old Kubernetes": (put("tripod:versions.kubernetes", "1.36.0"), "tripod:versions.kubernetes", "1.36.1"),
    "an etcd that does not fit": (put("tripod:versions.etcd", "3.5.24"), "tripod:versions.etcd", "3.6.11"),
    "newer workers": (put("tripod:versions.workers", "1.37.0"), "tripod:versions.workers", "control plane first"),
    "a key of another region": (
        put("tripod:encryption.storageKeyArn", "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-0000"),
        "tripod:encryption.storageKeyArn", "a key of us-west-2",
    ),
    "encryption off": (put("tripod:encryption.enabled", False), "tripod:encryption.enabled", "always encrypted"),
    "a disk's encryption off": (
        put("tripod:etcd.volume.encrypted", False), "tripod:etcd.volume.encrypted", "always encrypted",
    ),
    "a secret in clear": (
        _database(credentials={"value": "hunter2"}), "tripod:peers[0].databases[0].credentials.value", "encrypted",
    ),
    "a password where none is asked for": (
        _database(password="hunter2"), "tripod:peers[0].databases[0].password", "never written in clear",
    ),
    "a subnet group of one zone": (
        _database(zones=["us-west-2a", "us-west-2a"]), "tripod:peers[0].databases[0].zones", "two zones",
    ),
    "a database by its address": (
        _database(endpoint="10.99.0.12"), "tripod:peers[0].databases[0].endpoint", "a DNS name",
    ),
    "options before the peering is active": (
        _attached(accept="by-hand", active=False), "tripod:peers[0].dnsResolution", "set active: true",
    ),
    "options on another account's side": (
        _attached(accept="by-hand", accountId="210987654321"), "tripod:peers[0].dnsResolution", "roleArn",
    ),
    "acceptance in another account": (
        _attached(accountId="210987654321", dnsResolution=False), "tripod:peers[0].accept", "by-hand",
    ),
    "a second peering of the same pair": (_twice, "tripod:peers[0].vpcId", "no second peering"),
    "a shared NAT where a zone may fail": (put(f"{NETWORK}.nat", "shared"), "tripod:network.nat", "ha: node"),
    "workers in one zone where a zone may fail": (
        put("tripod:workers.0.zones", ["us-west-2a"]), "tripod:workers", "two zones",
    ),
    "a reserved tag": (
        put("tripod:cluster.tags", {"kubernetes.io/x": "y"}), "tripod:cluster.tags.kubernetes.io/x", "another key",
    ),
    "a Gateway that nobody serves": (_gateway_without_cilium, "tripod:addOns.ingress.kind", "served by Cilium"),
    "an internal ingress that workers do not let in": (
        _internal_ingress, "tripod:addOns.ingress.internal", "network.loadBalancers: public",
    ),
    "a zone by its name alone": (
        put("tripod:addOns.zones.public", {"name": "example.com", "id": "example.com"}),
        "tripod:addOns.zones.public.id", "correct the id",
    ),
    "a registry's password in clear": (
        put("tripod:addOns.namespaces.registries", [
            {"name": "ours", "server": "registry.example.com", "credentials": {"value": "hunter2"}}
        ]),
        "tripod:addOns.namespaces.registries[0].credentials.value", "pulumi config set --secret",
    ),
    "a team's namespace among the system's": (
        put("tripod:addOns.namespaces.teams", [{"name": "kube-system"}]),
        "tripod:addOns.namespaces.teams[0].name", "choose another name",
    ),
    "a name that begins as ids of security groups do": (put("tripod:cluster.name", "sg"), "tripod:cluster.name", "sg-"),
    "a name that begins as load balancers' do": (
        put("tripod:cluster.name", "internal-tools"), "tripod:cluster.name", "internal-",
    ),
    "a name that begins as AWS' own parameters do": (put("tripod:cluster.name", "aws2"), "tripod:cluster.name", "aws"),
    "more tags than an object takes": (
        put("tripod:cluster.tags", dict.fromkeys("abcd", "x")), "tripod:cluster.tags", "at most 3",
    ),
    "more tags than an object takes, with the provider's": (
        _with_default_tags, "tripod:cluster.tags", "2 of aws:defaultTags",
    ),
    "a region that is none": (put("aws:region", "west"), "aws:region", "us-west-2"),
}  # fmt: skip


def _refused(settings: dict[str, Any]) -> tuple[Problem, ...]:
    """The problems of a configuration. Nothing may have been declared when they are found."""
    declared: list[Registration] = []
    config = config_of(settings)
    with pytest.raises(pulumi.RunError) as refusal:
        record(project(), "test", config, PlanBackend(config.region), on_done=declared.append)
    cause = refusal.value.__cause__
    assert isinstance(cause, ConfigurationError)
    assert [one.name for one in declared if one.custom and not one.type.startswith("pulumi:providers:")] == []
    return cause.problems


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_at_its_place_with_what_to_do(case: str) -> None:
    change, place, word = REFUSED[case]
    found = [problem for problem in _refused(changed("staging", change)) if problem.location == place]
    assert found, case
    assert any(word in f"{problem.given} {problem.allowed} {problem.remedy}" for problem in found)


def test_a_lower_level_is_chosen_and_exported() -> None:
    settings = changed("staging", _in_us_west_1, put("tripod:cluster.ha", "node"))
    outputs = plan_settings(settings).outputs
    assert outputs["toleratesZoneFailure"] is False
    assert outputs["zoneFailureReasons"] == ["etcd: 3 members over 2 zones lose quorum with one of them"]


def test_a_region_of_four_zones_passes() -> None:
    settings = changed("staging", put(f"{NETWORK}.zones", {f"us-west-2{letter}": i for i, letter in enumerate("abcd")}))
    assert plan_settings(settings).outputs["toleratesZoneFailure"] is True
