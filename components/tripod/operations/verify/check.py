"""How checks are written: each looks at one promise, and finds it kept or broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tripod.operations.inventory import Account

Place = TypeVar("Place")
"""Where a check looks: a cluster in AWS, or its inside."""


@dataclass(frozen=True)
class Broken:
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
class Kept:
    """A promise that is kept.

    Attributes:
        evidence: what was seen.
    """

    evidence: str


Finding = Broken | Kept


@dataclass(frozen=True)
class Promise(Generic[Place]):
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


Check = Promise[Account]
"""A promise that AWS shows."""


def promise(id_: str, text: str, *rows: int) -> Callable[[Callable[[Place], Iterator[Finding]]], Promise[Place]]:
    """Make a check of a function.

    Args:
        id_: what it is called.
        text: what is promised.
        *rows: the rows of the requirements that ask for it.
    """

    def make(look: Callable[[Place], Iterator[Finding]]) -> Promise[Place]:
        return Promise(id_, text, rows, look)

    return make
