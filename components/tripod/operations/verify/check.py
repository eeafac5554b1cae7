"""Checks of a cluster: each is a function that yields findings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tripod.operations.inventory import ClusterInventory

Subject = TypeVar("Subject")
"""The object that a check reads: a cluster in AWS, or its API."""


@dataclass(frozen=True)
class Failed:
    """A finding that fails a check.

    Attributes:
        subject: the id of the resource at fault.
        evidence: its state as read.
        remedy: the command or change that corrects it.
    """

    subject: str
    evidence: str
    remedy: str


@dataclass(frozen=True)
class Passed:
    """A finding that counts if none fails the check.

    Attributes:
        evidence: the state as read.
    """

    evidence: str


Finding = Failed | Passed


@dataclass(frozen=True)
class Check(Generic[Subject]):
    """A check.

    Attributes:
        id: its id.
        title: the statement that it checks.
        rows: the rows of the requirements that ask for it.
        run: yields a Failed for each fault, and a Passed with the evidence, which counts if there is no fault.
    """

    id: str
    title: str
    rows: tuple[int, ...]
    run: Callable[[Subject], Iterator[Finding]]


AwsCheck = Check[ClusterInventory]
"""A check that reads AWS."""


def check(id_: str, title: str, *rows: int) -> Callable[[Callable[[Subject], Iterator[Finding]]], Check[Subject]]:
    """Make a check of a function.

    Args:
        id_: its id.
        title: the statement that it checks.
        *rows: the rows of the requirements that ask for it.
    """

    def make(run: Callable[[Subject], Iterator[Finding]]) -> Check[Subject]:
        return Check(id_, title, rows, run)

    return make
