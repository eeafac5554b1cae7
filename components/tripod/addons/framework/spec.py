"""Settings common to add-ons."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from tripod.core.problems import Problem
from tripod.core.spec import Spec


class AddOnSpec(Spec):
    """Settings of every add-on."""

    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""


class ReleaseSpec(AddOnSpec):
    """Settings of every add-on that is a Helm release."""

    values: dict[str, Any] = Field(default_factory=dict)
    """Values of the chart, which override those that Tripod sets."""


def replica_problems(replicas: int) -> Iterator[Problem]:
    """Find fewer than two replicas: one must survive the loss of the other."""
    if replicas < 2:
        yield Problem(("replicas",), str(replicas), "2 or more", "keep one for the time when the other is lost")
