"""Checks of a stack that is about to be deployed into a real account: placeholders of examples, and which account."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

import pulumi
import pulumi_aws as aws

from tripod.core.problems import MapKey, Path, Problem
from tripod.core.spec import Spec

EXAMPLE_ACCOUNT = "123456789012"
"""AWS' documentation's account, which nobody has; a plan's and the emulator's too."""

_PLACEHOLDER = re.compile(rf"^Z0{{6}}[0-9A-Z]*$|^[a-z]+-0123456789abcdef\d$|\b{EXAMPLE_ACCOUNT}\b")
"""Ids in the shipped stack files and in examples: hosted zones, resources of EC2, accounts (also within ARNs)."""


def real_account() -> str | None:
    """The account that the stack is deployed to; None for a plan, a rehearsal, or an emulator."""
    if pulumi.Config("aws").get("endpoints"):
        return None
    account = aws.get_caller_identity().account_id
    return None if account == EXAMPLE_ACCOUNT else account


def allowed_account_problems(account: str) -> Iterator[Problem]:
    """Find a stack that any account's credentials may deploy. The provider compares the account with the list."""
    if not pulumi.Config("aws").get_object("allowedAccountIds"):
        yield Problem(
            ("aws:allowedAccountIds",),
            "none",
            "the account of the stack, so that it is never deployed to another one",
            f"if {account} is the one: pulumi config set --path 'aws:allowedAccountIds[0]' {account}",
        )


def placeholder_problems(value: object, path: Path) -> Iterator[Problem]:
    """Find placeholders of examples among settings, at any depth.

    Args:
        value: a specification, or a value of one.
        path: its place in the configuration.
    """
    if isinstance(value, Spec):
        for name in type(value).model_fields:
            yield from placeholder_problems(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            yield from placeholder_problems(item, (*path, MapKey(key)))
    elif isinstance(value, tuple | list):
        for position, item in enumerate(cast("tuple[object, ...]", value)):
            yield from placeholder_problems(item, (*path, position))
    elif isinstance(value, str) and (found := _PLACEHOLDER.search(value)):
        # Not the whole value, which may be a secret.
        yield Problem(path, repr(found[0]), "an id of your own; this is an example's", "replace the placeholder")
