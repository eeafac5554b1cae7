"""The cloud controller's rights, evaluated as IAM does: it changes what it made, and nothing that the program made."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest

from support.stacks.planned import inputs, of_type, planned, settings_of
from tripod.core.naming import ownership_tag
from tripod.rehearsal.plan_backend import ACCOUNT

CLUSTER = settings_of("production")["tripod:cluster"]["name"]
REGION = settings_of("production")["aws:region"]

CHANGES = {
    "ec2/securityGroup:SecurityGroup": (
        "ec2",
        "security-group/sg-1",
        ("ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:DeleteSecurityGroup"),
    ),
    "lb/loadBalancer:LoadBalancer": (
        "elasticloadbalancing",
        "loadbalancer/net/a/1",
        ("elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:SetSecurityGroups"),
    ),
    "lb/targetGroup:TargetGroup": (
        "elasticloadbalancing",
        "targetgroup/a/1",
        ("elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeleteTargetGroup"),
    ),
    "lb/listener:Listener": (
        "elasticloadbalancing",
        "listener/net/a/1/2",
        ("elasticloadbalancing:ModifyListener", "elasticloadbalancing:DeleteListener"),
    ),
}
"""Type of a resource of the program → service, an id of its kind, and how the controller changes one of its own."""


def policy() -> dict[str, Any]:
    (found,) = [
        one
        for one in of_type(planned("production"), "iam/rolePolicy:RolePolicy")
        if one.name.endswith("cloud-controller")
    ]
    return json.loads(inputs(found)["policy"])


def allows(action: str, arn: str, tags: Mapping[str, str]) -> bool:
    """True if the controller may do something to a resource with tags."""
    return any(
        action in statement["Action"]
        and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        and _holds(statement.get("Condition", {}), tags)
        for statement in policy()["Statement"]
    )


def _holds(condition: Mapping[str, Mapping[str, str]], tags: Mapping[str, str]) -> bool:
    """True if every test holds; Null asks that a key is absent (IAM user guide, condition operators)."""
    assert condition.keys() <= {"StringEquals", "Null"}
    present = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    equal = all(present.get(key) == value for key, value in condition.get("StringEquals", {}).items())
    return equal and all((key not in present) is (value == "true") for key, value in condition.get("Null", {}).items())


def arn_of(service: str, id_: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{id_}"


@pytest.mark.parametrize("type_", CHANGES)
def test_nothing_that_the_program_made_is_changed(type_: str) -> None:
    service, id_, actions = CHANGES[type_]
    made = of_type(planned("production"), type_)
    assert made
    for one in made:
        tags = inputs(one)["tags"]
        assert tags[ownership_tag(CLUSTER)] == "owned", one.urn
        assert not [action for action in actions if allows(action, arn_of(service, id_), tags)], one.urn


@pytest.mark.parametrize("type_", CHANGES)
def test_what_it_made_is_changed_and_what_another_cluster_made_is_not(type_: str) -> None:
    """Its tags: the cluster's, the Service's, and those that the Service asks for (cloud-provider-aws, tags.go)."""
    service, id_, actions = CHANGES[type_]
    additional = {"kubernetes.io/service-name": "ingress/ingress-nginx-controller", "cluster": CLUSTER}
    for cluster, owned in ((CLUSTER, True), ("other", False)):
        tags = {**additional, ownership_tag(cluster): "owned"}
        assert {allows(action, arn_of(service, id_), tags) for action in actions} == {owned}
