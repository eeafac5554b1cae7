"""How checks are written: each looks at one promise, and finds it kept or broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tripod.operations.verify.account import Account


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
class Check:
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
    look: Callable[[Account], Iterator[Finding]]


def promise(id_: str, text: str, *rows: int) -> Callable[[Callable[[Account], Iterator[Finding]]], Check]:
    """Make a check of a function.

    Args:
        id_: what it is called.
        text: what is promised.
        *rows: the rows of the requirements that ask for it.
    """

    def make(look: Callable[[Account], Iterator[Finding]]) -> Check:
        return Check(id_, text, rows, look)

    return make
