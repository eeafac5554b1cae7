from typing import Any

import pytest

from support.stacks.samples import statements
from tripod.encryption.policy import secrets_key_policy, storage_key_policy
from tripod.encryption.spec import EncryptionSpec, key_problems

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
STORAGE = storage_key_policy(ACCOUNT, "aws", "us-west-2", "amazonaws.com")
SECRETS = secrets_key_policy(ACCOUNT, "aws")


def statement(sid: str) -> dict[str, Any]:
    (found,) = (one for one in statements(STORAGE) if one["Sid"] == sid)
    return found


def test_encryption_cannot_be_turned_off() -> None:
    (problem,) = EncryptionSpec.read({"enabled": False})[1]
    assert problem.location == "enabled"
    assert "always encrypted" in problem.allowed


def test_only_keys_that_are_given_are_looked_at() -> None:
    assert EncryptionSpec().key_arns() == {}
    assert EncryptionSpec.load({"secretsKeyArn": KEY}).key_arns() == {"secrets_key_arn": KEY}


@pytest.mark.parametrize("arn", [KEY, KEY.replace("key/", "key/mrk-"), KEY.replace("arn:aws:", "arn:aws-us-gov:")])
def test_a_key_of_the_clusters_region_is_taken(arn: str) -> None:
    assert list(key_problems({"storage_key_arn": arn}, "us-west-2", ("encryption",))) == []


@pytest.mark.parametrize(
    "arn", ["", "alias/x", KEY.replace("key/", "alias/"), KEY.replace(":kms:", ":s3:"), KEY + "/x", "mrk-1"]
)
def test_what_is_not_the_arn_of_a_key_is_refused(arn: str) -> None:
    (problem,) = key_problems({"storage_key_arn": arn}, "us-west-2", ("encryption",))
    assert problem.location == "encryption.storageKeyArn"
    assert "not an alias" in problem.remedy


@pytest.mark.parametrize("arn", [KEY, KEY.replace("key/", "key/mrk-")])
def test_a_key_of_another_region_is_refused_and_a_replica_suggested(arn: str) -> None:
    (problem,) = key_problems({"secrets_key_arn": arn}, "eu-west-1", ("encryption",))
    assert (problem.given, problem.allowed) == ("a key of us-west-2", "a key of eu-west-1")
    assert "multi-Region" in problem.remedy


@pytest.mark.parametrize("policy", [SECRETS, STORAGE], ids=["secrets", "storage"])
def test_no_key_policy_grants_an_action_by_wildcard(policy: dict[str, Any]) -> None:
    actions = [action for one in statements(policy) for action in one["Action"]]
    assert actions
    assert all(action.startswith("kms:") and "*" not in action for action in actions)


@pytest.mark.parametrize("policy", [SECRETS, STORAGE], ids=["secrets", "storage"])
def test_every_key_can_be_managed_by_its_account_and_its_policy_mended(policy: dict[str, Any]) -> None:
    (account,) = (one for one in statements(policy) if one["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert account["Effect"] == "Allow"
    assert "Condition" not in account
    # Without these two, nobody could ever change or delete the key again, and KMS refuses the policy.
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"} <= set(account["Action"])


def test_no_one_but_the_account_and_two_services_may_use_the_storage_key() -> None:
    assert [one["Sid"] for one in statements(STORAGE)] == [
        "Account",
        "AutoScalingUses",
        "AutoScalingAttaches",
        "LogsUse",
    ]
    assert [one["Sid"] for one in statements(SECRETS)] == ["Account"]


@pytest.mark.parametrize("sid", ["AutoScalingUses", "AutoScalingAttaches"])
def test_a_principal_of_everybody_is_narrowed_to_the_roles_that_launch_instances(sid: str) -> None:
    roles = [
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot",
    ]
    assert statement(sid)["Principal"] == {"AWS": "*"}
    assert statement(sid)["Condition"]["ArnEquals"] == {"aws:PrincipalArn": roles}


def test_grants_are_made_for_aws_resources_alone() -> None:
    granting = [one["Sid"] for one in statements(STORAGE) if "kms:CreateGrant" in one["Action"]]
    assert granting == ["Account", "AutoScalingAttaches"]
    assert statement("AutoScalingAttaches")["Action"] == ["kms:CreateGrant"]
    assert statement("AutoScalingAttaches")["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_logs_use_the_key_for_the_accounts_own_log_groups() -> None:
    logs = statement("LogsUse")
    assert logs["Principal"] == {"Service": "logs.us-west-2.amazonaws.com"}
    pattern = f"arn:aws:logs:us-west-2:{ACCOUNT}:log-group:*"
    assert logs["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": pattern}}


def test_in_china_services_have_another_domain_and_service_linked_roles_the_same_path() -> None:
    text = str(storage_key_policy(ACCOUNT, "aws-cn", "cn-north-1", "amazonaws.com.cn"))
    assert "logs.cn-north-1.amazonaws.com.cn" in text
    roles = f"arn:aws-cn:iam::{ACCOUNT}:role/aws-service-role"
    assert f"{roles}/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" in text
    assert f"{roles}/spot.amazonaws.com/AWSServiceRoleForEC2Spot" in text
    assert "arn:aws:" not in text
