"""Keys that add-ons are told: from Secrets Manager, or encrypted in a stack file."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

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


_SOURCE = set(SecretSourceSpec.model_fields)


def mark_secrets(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as a component's state may hold them: keys within them are secrets there."""
    return {name: _marked(value) for name, value in args.items()}


def _marked(value: Any) -> Any:
    if isinstance(value, Mapping):
        inside = mark_secrets(cast("Mapping[str, Any]", value))
        if inside.get("value") is not None and inside.keys() <= _SOURCE | {"secretName"}:
            inside["value"] = pulumi.Output.secret(inside["value"])
        return inside
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_marked(item) for item in cast("Sequence[Any]", value)]
    return value
