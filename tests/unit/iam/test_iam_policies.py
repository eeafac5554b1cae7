import json
from fnmatch import fnmatch
from typing import Any

import pytest

from support.stacks.samples import ACCOUNT, policy_facts, statements
from tripod.core.iam_documents import Document
from tripod.core.naming import physical_name
from tripod.iam.cloud_controller_policies import cloud_controller_policy
from tripod.iam.instance_policies import control_plane_policy, etcd_policy, image_policy, workers_policy
from tripod.pki.secret_names import SecretName

INSTANCES = {
    "etcd": etcd_policy(policy_facts()),
    "control-plane": control_plane_policy(policy_facts()),
    "workers": workers_policy(policy_facts()),
}
ARN = "arn:aws:ecr:eu-west-1:999999999999:repository/base"
IMAGES = image_policy(policy_facts(), ["shop/*", ARN])
POLICIES = {**INSTANCES, "cloud-controller": cloud_controller_policy("aws", "us-west-2", ACCOUNT, "demo")}
EACH = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
EACH_INSTANCE = pytest.mark.parametrize("policy", INSTANCES.values(), ids=INSTANCES)

KNOW_NO_RESOURCE = {
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeTags",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTopology",
    "ec2:DescribeInstances",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcs",
    "ec2messages:AcknowledgeMessage",
    "ec2messages:DeleteMessage",
    "ec2messages:FailMessage",
    "ec2messages:GetEndpoint",
    "ec2messages:GetMessages",
    "ec2messages:SendReply",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}

OWN_PLACES = ("arn:aws:s3:::demo-payload/boot/", "arn:aws:s3:::demo-snapshots/etcd/")


def actions(policy: Document) -> set[str]:
    return {action for statement in statements(policy) for action in statement["Action"]}


def allowing(policy: Document, action: str) -> list[dict[str, Any]]:
    return [statement for statement in statements(policy) if action in statement["Action"]]


def resources(policy: Document, action: str) -> list[str]:
    return [resource for statement in allowing(policy, action) for resource in statement["Resource"]]


@EACH
def test_no_action_is_allowed_by_wildcard(policy: Document) -> None:
    assert actions(policy)
    assert not {action for action in actions(policy) if "*" in action or "?" in action}
    assert not [statement for statement in statements(policy) if statement.keys() & {"NotAction", "NotResource"}]


@EACH
def test_every_resource_is_open_only_to_actions_that_know_none(policy: Document) -> None:
    anywhere = {action for one in statements(policy) if "*" in one["Resource"] for action in one["Action"]}
    assert anywhere <= KNOW_NO_RESOURCE


@EACH
def test_a_kind_of_resource_is_open_only_where_a_tag_marks_the_clusters_own(policy: Document) -> None:
    for statement in statements(policy):
        wide = [arn for arn in statement["Resource"] if "*" in arn and arn != "*" and not arn.startswith(OWN_PLACES)]
        # A VPC is not changed by it; the new group itself must bear the tag.
        if wide and statement["Sid"] != "MakeGroupsInVpc":
            tests = json.dumps(statement["Condition"])
            assert "Tag/" in tests or "ec2:CreateAction" in tests, statement["Sid"]


@EACH_INSTANCE
def test_keys_are_used_through_a_service_or_for_an_aws_resource_alone(policy: Document) -> None:
    for statement in statements(policy):
        if any(action.startswith("kms:") for action in statement["Action"]):
            tests = {key for test in statement["Condition"].values() for key in test}
            assert tests & {"kms:ViaService", "kms:GrantIsForAWSResource"}, statement["Sid"]
            assert set(statement["Resource"]) <= {policy_facts().storage_key_arn, policy_facts().secrets_key_arn}


@EACH
def test_statements_are_named_once_and_in_letters(policy: Document) -> None:
    names = [statement["Sid"] for statement in statements(policy)]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)


@EACH
def test_a_policy_fits_into_what_iam_takes(policy: Document) -> None:
    assert policy["Version"] == "2012-10-17"
    assert len(json.dumps(policy, separators=(",", ":"))) <= 6144


@EACH_INSTANCE
def test_every_instance_is_reached_by_session_manager_and_reads_what_it_boots_from(policy: Document) -> None:
    needed = {"ssm:UpdateInstanceInformation", "ssmmessages:OpenDataChannel", "ec2messages:GetMessages"}
    assert needed <= actions(policy)
    assert "arn:aws:s3:::demo-payload/boot/*" in resources(policy, "s3:GetObject")


def test_each_secret_is_read_by_exactly_one_role() -> None:
    readers = {
        name: [role for role, policy in INSTANCES.items() if arn in resources(policy, "secretsmanager:GetSecretValue")]
        for name, arn in policy_facts().secret_arns.items()
    }
    assert readers == {name: ["etcd" if name == SecretName.ETCD_CA else "control-plane"] for name in SecretName}


def test_a_worker_reads_the_join_token_that_the_control_plane_publishes_and_writes_nothing() -> None:
    policy = INSTANCES["workers"]
    token = f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/demo/a1b2/join-token"
    assert resources(policy, "ssm:GetParameter") == [token]
    assert resources(INSTANCES["control-plane"], "ssm:PutParameter") == [token]
    writing = {"ssm:PutParameter", "s3:PutObject", "secretsmanager:GetSecretValue", "ec2:AttachVolume"}
    assert not actions(policy) & writing


def test_a_member_attaches_volumes_of_its_own_incarnation_alone() -> None:
    by_resource = {one["Resource"][0].rsplit(":", 1)[1]: one for one in allowing(INSTANCES["etcd"], "ec2:AttachVolume")}
    assert by_resource.keys() == {"volume/*", "instance/*"}
    assert by_resource["volume/*"]["Condition"]["StringEquals"] == {
        "aws:ResourceTag/tripod:role": "etcd",
        "aws:ResourceTag/cluster": "demo",
        "aws:ResourceTag/tripod:incarnation": "a1b2",
    }


def test_a_member_keeps_snapshots_and_deletes_none() -> None:
    assert resources(INSTANCES["etcd"], "s3:PutObject") == ["arn:aws:s3:::demo-snapshots/etcd/*"]
    assert not {action for action in actions(INSTANCES["etcd"]) if "Delete" in action} - {"ec2messages:DeleteMessage"}


def test_the_cloud_controller_changes_only_what_bears_the_clusters_tag() -> None:
    policy = POLICIES["cloud-controller"]
    for statement in statements(policy):
        reading = all(":Describe" in action for action in statement["Action"])
        if not reading and statement["Sid"] not in ("MakeGroupsInVpc", "TagNewGroups", "LinkedRole"):
            tests = statement["Condition"]["StringEquals"]
            assert list(tests.values()) == ["owned"]
            assert next(iter(tests)).endswith("Tag/kubernetes.io/cluster/demo")


def test_tags_are_set_only_while_a_security_group_is_made() -> None:
    (statement,) = allowing(POLICIES["cloud-controller"], "ec2:CreateTags")
    assert statement["Condition"] == {"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}}


def test_a_control_plane_node_writes_one_tag_and_only_to_its_own_clusters_workers() -> None:
    (statement,) = allowing(POLICIES["control-plane"], "ec2:CreateTags")
    assert statement["Resource"] == ["arn:aws:ec2:us-west-2:123456789012:instance/*"]
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:ResourceTag/kubernetes.io/cluster/demo": "owned",
            "aws:ResourceTag/tripod:role": "workers",
        },
        "ForAllValues:StringEquals": {"aws:TagKeys": ["tripod:kubelet-key"]},
        "Null": {"aws:TagKeys": "false"},
    }


@pytest.mark.parametrize("make", [etcd_policy, control_plane_policy, workers_policy])
def test_policies_are_of_the_partition_that_the_cluster_is_in(make: Any) -> None:
    text = json.dumps(make(policy_facts("aws-cn", "cn-north-1")))
    assert "arn:aws:" not in text
    assert "s3.cn-north-1.amazonaws.com.cn" in text


def test_a_worker_completes_terminations_in_groups_of_its_own_clusters_workers_alone() -> None:
    (statement,) = allowing(POLICIES["workers"], "autoscaling:CompleteLifecycleAction")
    (pattern,) = statement["Resource"]
    start = "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:1-2:autoScalingGroupName/"
    for name, meant in {
        physical_name("demo", "workers", "general", 0): True,
        physical_name("demo", "control-plane", 0): False,
        physical_name("other", "workers", "general", 0): False,
    }.items():
        assert fnmatch(f"{start}{name}", pattern) is meant
    # A cluster that is called demo-workers would match by name: tags tell them apart.
    assert statement["Condition"]["StringEquals"] == {
        "autoscaling:ResourceTag/kubernetes.io/cluster/demo": "owned",
        "autoscaling:ResourceTag/tripod:role": "workers",
    }


def test_nodes_log_in_to_ecr_and_pull_from_the_listed_repositories_alone() -> None:
    assert resources(IMAGES, "ecr:GetAuthorizationToken") == ["*"]
    pull = {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    assert actions(IMAGES) == {"ecr:GetAuthorizationToken", *pull}
    for action in pull:
        assert resources(IMAGES, action) == [f"arn:aws:ecr:us-west-2:{ACCOUNT}:repository/shop/*", ARN]
