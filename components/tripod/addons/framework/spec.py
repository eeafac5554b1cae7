"""What add-ons have in common in what they are told."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from tripod.core.problems import Problem
from tripod.core.spec import Spec


class AddOnSpec(Spec):
    """What every add-on can be told."""

    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Kind/name of an object → what is laid over it: mappings are merged, anything else is replaced, null removes."""


class ReleaseSpec(AddOnSpec):
    """What every add-on that is a Helm release can be told."""

    values: dict[str, Any] = Field(default_factory=dict)
    """Values of the chart, laid over those that Tripod sets."""


def replica_problems(replicas: int) -> Iterator[Problem]:
    """Fewer replicas than survive the loss of one."""
    if replicas < 2:
        yield Problem(("replicas",), str(replicas), "2 or more", "keep one for the time when the other is lost")
