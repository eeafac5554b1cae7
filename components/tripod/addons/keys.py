"""Keys that add-ons are told: from Secrets Manager, or encrypted in a stack file."""

import pulumi
import pulumi_aws as aws

from tripod.database.spec import SecretSourceSpec


def secret_value(parent: pulumi.Resource, source: SecretSourceSpec) -> pulumi.Output[str]:
    """A key's value: a secret, which a state holds encrypted.

    Args:
        parent: the component that needs it.
        source: where it comes from.
    """
    if source.value is not None:
        return pulumi.Output.secret(source.value)
    found = aws.secretsmanager.get_secret_version_output(
        secret_id=source.secret_name or "", opts=pulumi.InvokeOutputOptions(parent=parent)
    )
    return pulumi.Output.secret(found.secret_string)
