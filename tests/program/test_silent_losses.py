"""Inputs whose loss no preview would show as an error: the first failure, or the first change, would."""

from collections.abc import Callable
from typing import Any

import pytest

from support.add_ons.cluster_facts import cluster_args
from support.stacks.planned import inputs, of_type, planned
from support.stacks.reading import preceding
from tripod import AllowCalls, ConfigurationError
from tripod.rehearsal.recorder import Registration

GROUPS = "autoscaling/group:Group"
KUBERNETES = "pulumi:providers:kubernetes"
PLAN = planned("production")


def named(type_: str, part: str) -> list[Registration]:
    found = [one for one in of_type(PLAN, type_) if part in one.name]
    assert found
    return found


def given(type_: str, part: str, key: str) -> list[Any]:
    return [inputs(one).get(key) for one in named(type_, part)]


LOSSES: dict[str, Callable[[], bool]] = {
    "workers join, and add-ons are installed, before an API server answers": lambda: (
        set(given(GROUPS, "control-plane", "waitForElbCapacity")) == {1}
    ),
    "an update undoes what the autoscaler has scaled": lambda: all(
        "desiredCapacity" in one.ignore_changes for one in named(GROUPS, "workers")
    ),
    "every node is replaced because etcd lacks a quorum": lambda: (
        set(given(GROUPS, "etcd", "healthCheckType") + given(GROUPS, "control-plane", "healthCheckType")) == {"EC2"}
    ),
    "AWS terminates nodes to balance zones": lambda: (
        all("AZRebalance" in suspended for suspended in given(GROUPS, "-group", "suspendedProcesses") if suspended)
        and all(given(GROUPS, "workers", "suspendedProcesses") + given(GROUPS, "etcd", "suspendedProcesses"))
    ),
    "AWS refuses DNS options of a peering that is not accepted yet": lambda: all(
        any(":VpcPeeringConnectionAccepter::" in urn for urn in preceding(PLAN, one.urn))
        for one in named("ec2/peeringConnectionOptions:PeeringConnectionOptions", "")
    ),
    "clients go on to a database's old address after a failover": lambda: (
        max(given("route53/record:Record", "peer-example", "ttl")) <= 60
    ),
    "another address of the API replaces everything in the cluster": lambda: (
        given(KUBERNETES, "", "clusterIdentifier") == ["production"]
    ),
    "an update fights with controllers over the fields that they own": lambda: (
        given(KUBERNETES, "", "enableServerSideApply") == ["true"]
    ),
    "a key of years ago still encrypts": lambda: set(given("kms/key:Key", "", "enableKeyRotation")) == {True},
    "the snapshot controller does not start": lambda: (
        [values["installCRDs"] for values in given("kubernetes:helm.sh/v3:Release", "snapshot-controller", "values")]
        == [True]
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_nothing_is_lost_in_silence(loss: str) -> None:
    assert LOSSES[loss](), loss


def test_policies_are_refused_where_nothing_enforces_them() -> None:
    services = {role: {"name": role, "namespace": "shop"} for role in ("caller", "callee")}
    args: Any = {**services, "cluster": cluster_args(cni="flannel")}
    with pytest.raises(ConfigurationError) as refusal:
        AllowCalls("calls", args)
    assert [problem.location for problem in refusal.value.problems] == ["cluster.cni"]
