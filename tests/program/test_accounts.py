"""What only a real account refuses: tags, names, placeholders, groups of other accounts, unreserved addresses."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from support.stacks.planned import (
    STACKS,
    Change,
    changed,
    config_of,
    inputs,
    of_type,
    project,
    put,
    settings_of,
    shared_plan,
)
from support.stacks.samples import ATTACHED, locations
from tripod.cluster.spec import IdentitySpec
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.naming import RESERVED_NAME_PREFIXES, TEAM_TAGS
from tripod.core.problems import ConfigurationError, Problem
from tripod.rehearsal.plan_backend import ACCOUNT, PlanBackend
from tripod.rehearsal.program import record
from tripod.stack.public_buckets import public_bucket_problems
from tripod.stack.spec import StackSpec

PEER: dict[str, Any] = {**ATTACHED, "name": "shared"}


def _flattened(owner: str, group: str, account: str) -> str:
    """What flattenReferencedSecurityGroup (internal/service/ec2) reads back by a provider of an account."""
    return group if owner == account else f"{owner}/{group}"


@pytest.mark.parametrize("account", [None, ACCOUNT, "210987654321"], ids=["none", "the same", "another"])
def test_a_peers_rule_names_the_workers_as_the_provider_of_its_account_reads_them_back(account: str | None) -> None:
    more = {"accountId": account, "roleArn": f"arn:aws:iam::{account}:role/peer"} if account else {}
    recording = shared_plan(changed("staging", put("tripod:peers", [{**PEER, **more}])))
    rules = of_type(recording, "vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    (rule,) = [inputs(one) for one in rules if inputs(one)["securityGroupId"] == PEER["databases"][0]["securityGroup"]]
    given = rule["referencedSecurityGroupId"]
    group = given.rpartition("/")[2]
    assert group.startswith("sg-")
    assert given == _flattened(ACCOUNT, group, account or ACCOUNT)


def test_a_members_address_is_reserved_before_its_interface_is_made() -> None:
    recording = shared_plan(settings_of("staging"))
    reservations = {one.urn for one in of_type(recording, "ec2/subnetCidrReservation:SubnetCidrReservation")}
    members = [
        one
        for one in of_type(recording, "ec2/networkInterface:NetworkInterface")
        if one.name.startswith("cluster-etcd-")
    ]
    assert len(members) == 3
    for one in members:
        assert reservations <= {str(urn) for urn in one.dependencies}


def test_an_object_has_as_many_tags_as_s3_takes_with_the_most_that_a_team_may_add() -> None:
    tags = {f"tag-{number}": "x" for number in range(TEAM_TAGS)}
    recording = shared_plan(changed("staging", put("tripod:cluster.tags", tags)))
    objects = of_type(recording, "s3/bucketObjectv2:BucketObjectv2")
    assert max(len(inputs(one)["tags"]) for one in objects) == 10


@pytest.mark.parametrize("prefix", RESERVED_NAME_PREFIXES)
def test_no_physical_name_begins_as_aws_reserves_it(prefix: str) -> None:
    """Names begin with the cluster's and a hyphen, and parameters with a slash before them."""
    rest = {"environment": "test", "owner": "somebody"}
    for name in (prefix.removesuffix("-") if prefix != "xn--" else "xn--a", f"{prefix}a"):
        assert locations(IdentitySpec.read({"name": name, **rest})[1]) == ["name"]
    assert locations(IdentitySpec.read({"name": f"a-{prefix}a", **rest})[1]) == []


@dataclass(frozen=True)
class _RealAccount(PlanBackend):
    """A plan with the credentials of an account that is not the documentation's."""

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> JsonObject:
        answer = super().invoke(function, arguments, provider)
        if function == "aws:index/getCallerIdentity:getCallerIdentity":
            return {**answer, "accountId": "471100000815"}
        own = ("aws:index/", "aws:lb/")  # of the account, and of what the stack itself makes
        assert function.startswith(own), f"{function}: asked of a placeholder"
        return answer


def _deploy(settings: dict[str, Any]) -> None:
    config = config_of(settings)
    record(project(), "test", config, _RealAccount(config.region))


def _refused(settings: dict[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(pulumi.RunError) as refusal:
        _deploy(settings)
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    return refusal.value.__cause__.problems


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The provider has credentials, boto3 none: limits of the account are not checked, and nothing stops for it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))


OURS = (
    put("aws:allowedAccountIds", ["471100000815"]),
    put("tripod:addOns.zones.public", {"name": "ours.example.net", "id": "Z08945672KXQ1ABCDEFGH"}),
)


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_shipped_stack_is_refused_in_a_real_account_until_it_is_made_ones_own(stack: str) -> None:
    problems = _refused(settings_of(stack))
    assert [one.location for one in problems] == ["aws:allowedAccountIds", "tripod:addOns.zones.public.id"]
    assert "pulumi config set --path 'aws:allowedAccountIds[0]' 471100000815" in problems[0].remedy
    assert settings_of(stack)["tripod:addOns"]["zones"]["public"]["id"] in problems[1].given
    _deploy(changed(stack, *OURS))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put("tripod:peers", [PEER]), ["vpcId", "databases[0].securityGroup", "routeTables[0]"]),
        (
            put("tripod:encryption", {"storageKeyArn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/0a1b"}),
            ["tripod:encryption.storageKeyArn"],
        ),
    ],
    ids=["a peer", "a key"],
)
def test_an_examples_ids_are_refused_before_aws_is_asked_for_them(change: Change, where: list[str]) -> None:
    found = {one.location.removeprefix("tripod:peers[0].") for one in _refused(changed("staging", *OURS, change))}
    assert found == set(where)


@dataclass(frozen=True)
class _Blocking(_RealAccount):
    """That account, with what S3 answers of its block of public access."""

    block: JsonMapping = field(default_factory=dict[str, bool])

    def invoke(self, function: str, arguments: JsonMapping, provider: str) -> JsonObject:
        if function != "aws:s3/getAccountPublicAccessBlock:getAccountPublicAccessBlock":
            return super().invoke(function, arguments, provider)
        assert arguments == {"accountId": "471100000815"}
        return {"id": "471100000815", **self.block}


POLICIES, BUCKETS = {"blockPublicPolicy": True}, {"restrictPublicBuckets": True}
OPEN = {"blockPublicAcls": True, "ignorePublicAcls": True, "blockPublicPolicy": False, "restrictPublicBuckets": False}
PUBLIC = put("tripod:issuer", {"publish": "bucket"})


@pytest.mark.parametrize(
    ("change", "block", "where"),
    [
        (PUBLIC, {**OPEN, **POLICIES, **BUCKETS}, ["tripod:issuer.publish"]),
        (PUBLIC, {**OPEN, **POLICIES}, ["tripod:issuer.publish"]),
        (PUBLIC, {**OPEN, **BUCKETS}, ["tripod:issuer.publish"]),
        (put("tripod:issuer", {"accepted": ["bucket"]}), {**OPEN, **BUCKETS}, ["tripod:issuer.accepted"]),
        (PUBLIC, OPEN, []),
        (put("tripod:issuer", {}), {**OPEN, **POLICIES, **BUCKETS}, []),
    ],
)
def test_an_issuer_in_a_public_bucket_is_refused_where_the_account_blocks_them(
    change: Change, block: JsonObject, where: list[str]
) -> None:
    config = config_of(changed("staging", *OURS, change))
    backend = _Blocking(config.region, block=block)
    if not where:
        assert record(project(), "test", config, backend)
        return
    with pytest.raises(pulumi.RunError) as refusal:
        record(project(), "test", config, backend)
    assert isinstance(refusal.value.__cause__, ConfigurationError)
    assert [one.location for one in refusal.value.__cause__.problems] == where
    assert "set issuer.publish: cloudfront, or publish: url" in str(refusal.value.__cause__)


@pytest.mark.parametrize(
    ("error", "warned"),
    [
        # findPublicAccessBlockByAccountID, where S3 answers NoSuchPublicAccessBlockConfiguration.
        ("reading S3 Account Public Access Block (471100000815): couldn't find resource", False),
        ("api error AccessDenied: not authorized to perform: s3:GetAccountPublicAccessBlock", True),
    ],
)
def test_what_s3_does_not_say_of_the_account_refuses_nothing(
    error: str, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []

    def fail(account_id: str) -> None:
        raise RuntimeError(f"invoke of aws:s3/getAccountPublicAccessBlock failed: {error} {account_id}")

    monkeypatch.setattr(aws.s3, "get_account_public_access_block", fail)
    monkeypatch.setattr(pulumi.log, "warn", warnings.append)
    spec = StackSpec.load(_stack(changed("staging", PUBLIC)))
    assert list(public_bucket_problems(spec, "471100000815")) == []
    assert [error in one for one in warnings] == [True] * warned


def _stack(settings: dict[str, Any]) -> dict[str, Any]:
    own = {key.removeprefix("tripod:"): value for key, value in settings.items() if key.startswith("tripod:")}
    return {"region": settings["aws:region"], **own}


@pytest.mark.parametrize("stack", STACKS)
def test_a_shipped_stack_plans_as_it_is(stack: str) -> None:
    assert shared_plan(settings_of(stack)).registrations


def test_an_emulator_is_no_account_whatever_number_it_has() -> None:
    _deploy(settings_of("local"))
