"""A database's credentials in Secrets Manager, kept when the cluster goes."""

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory


def stored(
    scope: ChildFactory,
    database: str,
    name: pulumi.Input[str],
    credentials: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    keep: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Put credentials into a secret, and return its name.

    Args:
        scope: whose they are.
        database: what applications call the database.
        name: the secret's name.
        credentials: JSON with username and password.
        key_arn: the key that encrypts them.
        keep: the options of what a destroy leaves.
    """
    secret = aws.secretsmanager.Secret(
        scope.child(database, "credentials"),
        name=name,
        kms_key_id=key_arn,
        recovery_window_in_days=30,
        tags=scope.tags(database, role="secret"),
        opts=keep,
    )
    aws.secretsmanager.SecretVersion(
        scope.child(database, "credentials", "value"),
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(credentials),
        opts=keep,
    )
    return secret.name
