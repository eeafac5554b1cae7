"""Where a node's container images come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Images:
    """Where container images come from.

    Attributes:
        repository: where Kubernetes' own images are.
        pause: the image of every pod's sandbox.
        mirrors: registry → where its images are fetched instead.
    """

    repository: str
    pause: str
    mirrors: Mapping[str, str]


def images(document: Mapping[str, Any]) -> Images:
    """Where a role's document says that they come from."""
    told = document["supply"]["images"]
    return Images(told["repository"], told["pause"], told["mirrors"])
