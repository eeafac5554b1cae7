"""Key policies of the cluster's KMS keys."""

from tripod.core.iam_documents import Condition, Document

# Actions for administrators of the account. Listed, so that a new KMS action is not granted unnoticed.
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)

_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def secrets_key_policy(account_id: str, partition: str) -> Document:
    """Build the policy of the key for Secrets Manager and SSM parameters: the account's IAM policies decide."""
    return {"Version": "2012-10-17", "Statement": [_account(account_id, partition)]}


LAUNCHING_ROLES = (
    "autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    "spot.amazonaws.com/AWSServiceRoleForEC2Spot",
)
"""Service-linked roles that launch instances, and start a Spot instance again. No path has China's domain: there too
roles are below aws-service-role/<service>.amazonaws.com (docs.amazonaws.cn, key policies of Auto Scaling)."""


def storage_key_policy(account_id: str, partition: str, region: str, dns_suffix: str) -> Document:
    """Build the policy of the key for volumes, snapshots and logs.

    Besides the account, it allows Auto Scaling and Spot, which launch instances with disks encrypted by the key (their
    roles have no access to customer keys by default), and CloudWatch Logs for the account's own log groups.
    """
    roles = [f"arn:{partition}:iam::{account_id}:role/aws-service-role/{role}" for role in LAUNCHING_ROLES]
    # By condition rather than as principal: KMS refuses a policy that names a role which does not exist yet.
    launches = {"ArnEquals": {"aws:PrincipalArn": roles}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            _account(account_id, partition),
            _allow("AutoScalingUses", {"AWS": "*"}, list(_USE), launches),
            _allow(
                "AutoScalingAttaches",
                {"AWS": "*"},
                ["kms:CreateGrant"],
                {**launches, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
            _allow(
                "LogsUse",
                {"Service": f"logs.{region}.{dns_suffix}"},
                list(_USE),
                {
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:{partition}:logs:{region}:{account_id}:log-group:*"
                    }
                },
            ),
        ],
    }


def _account(account_id: str, partition: str) -> Document:
    return _allow("Account", {"AWS": f"arn:{partition}:iam::{account_id}:root"}, list(ADMINISTRATION), {})


def _allow(sid: str, principal: dict[str, str], actions: list[str], conditions: Condition) -> Document:
    # "*" in a key policy means the key that it is attached to.
    statement: Document = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": "*",
    }
    return (
        {**statement, "Condition": {test: dict(values) for test, values in conditions.items()}}
        if conditions
        else statement
    )
