"""How checks are written: each looks at one promise, and finds it kept or broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tripod.operations.inventory import ClusterInventory

Place = TypeVar("Place")
"""Where a check looks: a cluster in AWS, or its inside."""


@dataclass(frozen=True)
class Failed:
    """A promise that is not kept.

    Attributes:
        subject: the id of what breaks it.
        evidence: what was seen.
        remedy: what to do.
    """

    subject: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Passed:
    """A promise that is kept.

    Attributes:
        evidence: what was seen.
    """

    evidence: str


Finding = Failed | Passed


@dataclass(frozen=True)
class Check(Generic[Place]):
    """One promise.

    Attributes:
        id: what it is called.
        promise: what is promised.
        rows: the rows of the requirements that ask for it.
        look: what finds out. It yields whatever is broken, and a Kept with what was seen, which counts where
            nothing is broken.
    """

    id: str
    promise: str
    rows: tuple[int, ...]
    look: Callable[[Place], Iterator[Finding]]


AwsCheck = Check[ClusterInventory]
"""A promise that AWS shows."""


def promise(id_: str, text: str, *rows: int) -> Callable[[Callable[[Place], Iterator[Finding]]], Check[Place]]:
    """Make a check of a function.

    Args:
        id_: what it is called.
        text: what is promised.
        *rows: the rows of the requirements that ask for it.
    """

    def make(look: Callable[[Place], Iterator[Finding]]) -> Check[Place]:
        return Check(id_, text, rows, look)

    return make
