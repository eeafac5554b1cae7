"""Resource policy of a cluster's secret in Secrets Manager."""

from collections.abc import Sequence

from tripod.core.iam_documents import Document


def secret_policy(account_id: str, issuer_arns: Sequence[str], other_roles: Sequence[str]) -> Document:
    """Build the policy of a secret: no other account, no pod and no other instance of the cluster may use it.

    It denies them even what another policy allows: a workers' role that someone has widened reads no authority's key,
    nor does it remove this policy. People and pipelines of the account are not denied: the engine reads a value when it
    writes it and at a refresh (the provider's SecretVersion calls GetSecretValue), so does `tripod rotate`, and who
    runs them is not known here. A list of today's caller would lock out tomorrow's, and change with each. They need the
    right to the secret and, by the key's policy, to its KMS key.

    Args:
        account_id: the account.
        issuer_arns: the ARNs of the OIDC providers of the cluster's service accounts.
        other_roles: the ARNs of instances' roles that do not need it.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            _deny("OtherAccounts", {"StringNotEquals": {"aws:PrincipalAccount": account_id}}),
            # A string, of sessions that AssumeRoleWithWebIdentity began: the ARN of the provider.
            _deny("Pods", {"StringEquals": {"aws:FederatedProvider": list(issuer_arns)}}),
            # By condition rather than as principal: a principal that does not exist is refused. It is the role's ARN
            # also for the sessions of its instances.
            _deny("OtherInstances", {"ArnEquals": {"aws:PrincipalArn": list(other_roles)}}),
        ],
    }


def _deny(sid: str, conditions: dict[str, dict[str, str | list[str]]]) -> Document:
    # "*" in a secret's policy means the secret that it is attached to.
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:*",
        "Resource": "*",
        "Condition": conditions,
    }
