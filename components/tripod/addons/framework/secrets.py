"""Secret values of settings: from Secrets Manager, or encrypted in a stack file."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from tripod.addons.framework.objects import JsonObject
from tripod.database.spec import SecretSourceSpec


def secret_value(parent: pulumi.Resource, source: SecretSourceSpec) -> pulumi.Output[str]:
    """The value of a secret, as a secret output: the state holds it encrypted.

    Args:
        parent: the component that uses it.
        source: the name of the secret, or its value.
    """
    if source.value is not None:
        return pulumi.Output.secret(source.value)
    found = aws.secretsmanager.get_secret_version_output(
        secret_id=source.secret_name or "", opts=pulumi.InvokeOutputOptions(parent=parent)
    )
    return pulumi.Output.secret(found.secret_string)


_SOURCE = set(SecretSourceSpec.model_fields)


def mark_secrets(args: Mapping[str, Any]) -> JsonObject:
    """Arguments as a component's state records them, with the values in them marked as secrets."""
    return {name: _marked(value) for name, value in args.items()}


def _marked(value: Any) -> Any:
    if isinstance(value, Mapping):
        marked = mark_secrets(cast("Mapping[str, Any]", value))
        if marked.get("value") is not None and marked.keys() <= _SOURCE | {"secretName"}:
            marked["value"] = pulumi.Output.secret(marked["value"])
        return marked
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_marked(item) for item in cast("Sequence[Any]", value)]
    return value
