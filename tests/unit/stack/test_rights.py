"""Policies for people and pipelines, against the calls that were made."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from support.command import copied_project
from support.rights.granted import allows, provider_calls
from support.stacks.planned import inputs, planned
from tripod.cli.main import app
from tripod.core.iam_documents import Document
from tripod.stack.rights import MANAGED_POLICY_SIZE, Purpose, policy_size, rights
from tripod.stack.rights_facts import StackFacts

LOCAL = StackFacts("123456789012", "us-west-2", "local")
LARGE = StackFacts(
    "123456789012",
    "ap-southeast-1",
    "a-cluster-of-24-letters0",
    ("ap-northeast-1", "eu-central-1"),
    ("arn:aws:iam::210987654321:role/databases",),
    ("arn:aws:kms:ap-southeast-1:123456789012:key/0a1b", "arn:aws:kms:ap-southeast-1:123456789012:key/2c3d"),
    ("registry",),
)
PURPOSES: tuple[Purpose, ...] = ("preview", "up", "delete")

FOR: dict[str, Purpose] = {"up": "up", "preview": "preview", "refresh": "up", "change": "up", "destroy": "delete"}
"""Recorded phase → the purpose whose rights it is done with."""

NOT_NEEDED = {
    # The provider asks who it is: by IAM first, and by STS where that is denied (aws-sdk-go-base, awsauth.go).
    "iam:GetUser",
}


def statements(documents: list[Document]) -> Iterator[dict[str, Any]]:
    for document in documents:
        yield from document["Statement"]


@pytest.mark.parametrize("phase", FOR)
def test_the_providers_calls_are_allowed(phase: str) -> None:
    documents = rights(FOR[phase], LOCAL)
    calls = provider_calls()[phase]
    denied = [
        (action, resource)
        for action, resources in calls.items()
        if action not in NOT_NEEDED
        for resource in resources or [""]
        if not allows(documents, action, resource)
    ]
    assert len(calls) > 2
    assert denied == []


def test_a_drift_check_needs_a_previews_rights_and_the_secrets_values_alone() -> None:
    documents = rights("preview", LOCAL)
    calls = provider_calls()["refresh"].keys() - NOT_NEEDED
    assert {one for one in calls if not allows(documents, one)} == {"secretsmanager:GetSecretValue"}


def test_another_clusters_resources_are_out_of_reach() -> None:
    """What has a name is limited by it, what has a tag by that."""
    for purpose, name in product(PURPOSES, ("locals", "other")):
        documents = rights(purpose, LOCAL)
        arns = (
            f"arn:aws:iam::123456789012:role/{name}-us-west-2-etcd",
            f"arn:aws:s3:::{name}-0a1b2c3d-payload/boot/topology.json",
            f"arn:aws:secretsmanager:us-west-2:123456789012:secret:{name}/0a1b2c3d/cluster-ca-AbCdEf",
            f"arn:aws:logs:us-west-2:123456789012:log-group:/tripod/{name}/flow-logs",
            f"arn:aws:rds:us-west-2:123456789012:db:{name}-example",
            f"arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:0:autoScalingGroupName/{name}-etcd-0-0",
            f"arn:aws:ssm:us-west-2:123456789012:parameter/{name}/0a1b2c3d/join-token",
        )
        for action, arn in product({one for found in statements(documents) for one in found["Action"]}, arns):
            if re.match(r"[a-z0-9]+:(Describe|Get|List|Cancel)", action) or action.split(":")[0] != arn.split(":")[2]:
                continue
            assert not allows(documents, action, arn), (action, arn)


@pytest.mark.parametrize("purpose", ["up", "delete"])
def test_what_others_own_is_neither_changed_nor_destroyed(purpose: Purpose) -> None:
    """Resources whose names AWS chooses: whoever may change one may change the cluster's own alone, by its tag."""
    for action in ("iam:DeleteOpenIDConnectProvider", "cloudfront:DeleteDistribution", "cloudfront:UpdateDistribution"):
        found = [one for one in statements(rights(purpose, LOCAL)) if action in one["Action"]]
        assert [one["Condition"] for one in found] == [{"StringEquals": LOCAL.owned}], action


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("facts", [LOCAL, LARGE], ids=["local", "large"])
def test_no_action_is_a_wildcard_and_each_policy_fits(purpose: Purpose, facts: StackFacts) -> None:
    documents = rights(purpose, facts)
    for found in statements(documents):
        assert not [action for action in found["Action"] if "*" in action]
        if found["Resource"] == ["*"]:
            reads = all(re.match(r"[a-z0-9]+:(Describe|Get|List)", action) for action in found["Action"])
            of_zones = all(action.startswith("route53:") for action in found["Action"])
            assert reads or of_zones or found["Condition"]
    assert max(map(policy_size, documents)) <= MANAGED_POLICY_SIZE
    assert len(documents) <= 10  # of a role
    names = [found["Sid"] for found in statements(documents)]
    assert len(names) == len(set(names))
    assert all(name.isalpha() for name in names)


def test_a_preview_changes_nothing_and_reads_no_secret() -> None:
    actions = {action for found in statements(rights("preview", LOCAL)) for action in found["Action"]}
    changing = {one for one in actions if not re.match(r"[a-z0-9]+:(Describe|Get|List)", one)}
    assert changing == {"ssm:StartSession", "ssm:ResumeSession", "ssm:TerminateSession"}
    assert "secretsmanager:GetSecretValue" not in actions
    named = rights("preview", StackFacts("123456789012", "us-west-2", "local", read_secrets=("registry",)))
    assert allows(
        named,
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:registry-AbCdEf",
    )


@pytest.mark.parametrize("stack", ["local", "staging", "production"])
def test_what_a_tag_decides_bears_the_tag(stack: str) -> None:
    """An action on resources of EC2 or KMS by the ownership tag: each of them has it from its first moment."""
    recording = planned(stack)
    cluster = {"local": "local", "staging": "staging", "production": "production"}[stack]
    facts = StackFacts("123456789012", "us-west-2", cluster)
    (tag,) = [key.removeprefix("aws:ResourceTag/") for key in facts.owned]
    # Type of what DestroyOwn destroys, and of keys → the argument with its tags.
    named = re.compile(
        r"aws:(ec2/(flowLog|internetGateway|launchTemplate|natGateway|networkInterface|routeTable|securityGroup|subnet|"
        r"vpc|vpcEndpoint|vpcPeeringConnection|eip)|ebs/volume|kms/key|cloudfront/distribution|"
        r"iam/openIdConnectProvider):"
    )
    found = [one for one in recording.registrations.values() if named.match(one.type)]
    assert len({one.type for one in found}) == 16
    assert [one.urn for one in found if inputs(one)["tags"].get(tag) != "owned"] == []


def test_rights_in_china_are_of_its_partition() -> None:
    facts = StackFacts("123456789012", "cn-north-1", "local")
    for found in statements(rights("up", facts)):
        assert all(arn == "*" or arn.startswith("arn:aws-cn:") for arn in found["Resource"])
    (passing,) = [one for one in statements(rights("up", facts)) if one["Sid"] == "PassRoles"]
    assert "ec2.amazonaws.com.cn" in passing["Condition"]["StringEquals"]["iam:PassedToService"]


def test_the_command_prints_policies_and_writes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copied_project(tmp_path))
    refused = CliRunner().invoke(app, ["rights", "production", "up"])
    assert refused.exit_code == 2
    assert "aws:allowedAccountIds" in refused.output
    asked = ["rights", "production", "up", "--account", "471100000815"]
    printed = json.loads(CliRunner().invoke(app, asked).output)
    wanted = rights("up", StackFacts("471100000815", "us-west-2", "production"))
    assert printed == {f"production-up-{number}": one for number, one in enumerate(wanted, start=1)}
    written = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "rights")])
    assert written.exit_code == 0
    files = {file.stem: json.loads(file.read_text()) for file in (tmp_path / "rights").iterdir()}
    assert files == printed
    assert all(len(file.read_text().strip()) <= MANAGED_POLICY_SIZE for file in (tmp_path / "rights").iterdir())
