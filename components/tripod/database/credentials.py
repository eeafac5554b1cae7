"""A database's credentials in Secrets Manager, retained by a destroy."""

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory


def store_credentials(
    children: ChildFactory,
    database: str,
    name: pulumi.Input[str],
    credentials: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Create a secret with credentials, and return its name.

    Args:
        children: the owning component's factory.
        database: the database's name.
        name: the secret's name.
        credentials: JSON with username and password.
        key_arn: the key that encrypts them.
        opts: options of resources that a destroy retains.
    """
    secret = aws.secretsmanager.Secret(
        children.logical_name(database, "credentials"),
        name=name,
        kms_key_id=key_arn,
        recovery_window_in_days=30,
        tags=children.tags(database, role="secret"),
        opts=opts,
    )
    aws.secretsmanager.SecretVersion(
        children.logical_name(database, "credentials", "value"),
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(credentials),
        opts=opts,
    )
    return secret.name
