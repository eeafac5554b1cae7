"""The policy of the S3 endpoint, evaluated as IAM does: what its text allows to whom."""

import fnmatch
import json
from typing import Any

import pytest

from support.stacks.planned import changed, inputs, of_type, put, settings_of, shared_plan
from tripod.rehearsal.plan_backend import ACCOUNT

PARTNER, STRANGER = "210987654321", "999999999999"


def _endpoint_policy(settings: dict[str, Any]) -> dict[str, Any]:
    (endpoint,) = of_type(shared_plan(settings), "ec2/vpcEndpoint:VpcEndpoint")
    return json.loads(inputs(endpoint)["policy"])


def _allows(policy: dict[str, Any], action: str, owner: str) -> bool:
    """True if anybody may do something to a bucket of an account."""
    for statement in policy["Statement"]:
        assert (statement["Effect"], statement["Principal"], statement["Resource"]) == ("Allow", "*", "*")
        condition = statement.get("Condition", {"StringEquals": {"aws:ResourceAccount": [owner]}})
        (owners,) = condition["StringEquals"].values()
        if owner in owners and any(fnmatch.fnmatchcase(action, pattern) for pattern in statement["Action"]):
            return True
    return False


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketLocation"])
def test_image_layers_and_packages_are_read_from_whichever_bucket(action: str) -> None:
    """ECR's, registry.k8s.io's and Systems Manager's buckets are of AWS' and Kubernetes' accounts."""
    assert _allows(_endpoint_policy(settings_of("staging")), action, STRANGER)


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "s3:PutObjectAcl"])
def test_nothing_is_written_to_a_bucket_of_another_account(action: str) -> None:
    policy = _endpoint_policy(settings_of("staging"))
    assert _allows(policy, action, ACCOUNT)
    assert not _allows(policy, action, STRANGER)


def test_an_account_that_the_stack_file_names_is_written_to() -> None:
    policy = _endpoint_policy(changed("staging", put("tripod:network.bucketAccounts", [PARTNER])))
    assert [_allows(policy, "s3:PutObject", owner) for owner in (ACCOUNT, PARTNER, STRANGER)] == [True, True, False]
