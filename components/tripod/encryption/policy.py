"""Key policies of the cluster's KMS keys."""

from tripod.core.iam_documents import Document

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


def storage_key_policy(account_id: str, partition: str, region: str, dns_suffix: str) -> Document:
    """Build the policy of the key for volumes, snapshots and logs.

    Besides the account, it allows Auto Scaling, which launches instances with disks encrypted by the key (its role
    has no access to customer keys by default), and CloudWatch Logs for the account's own log groups.
    """
    auto_scaling = (
        f"arn:{partition}:iam::{account_id}:role/aws-service-role/autoscaling.{dns_suffix}/AWSServiceRoleForAutoScaling"
    )
    # By condition rather than as principal: KMS refuses a policy that names a role which does not exist yet.
    is_auto_scaling = {"ArnEquals": {"aws:PrincipalArn": auto_scaling}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            _account(account_id, partition),
            _allow("AutoScalingUses", {"AWS": "*"}, list(_USE), is_auto_scaling),
            _allow(
                "AutoScalingAttaches",
                {"AWS": "*"},
                ["kms:CreateGrant"],
                {**is_auto_scaling, "Bool": {"kms:GrantIsForAWSResource": "true"}},
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


def _allow(sid: str, principal: dict[str, str], actions: list[str], conditions: dict[str, dict[str, str]]) -> Document:
    # "*" in a key policy means the key that it is attached to.
    statement: Document = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": "*",
    }
    return {**statement, "Condition": conditions} if conditions else statement
