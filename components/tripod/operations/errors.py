"""Errors and refusals of operations, with their evidence and remedy."""

from collections.abc import Sequence
from dataclasses import dataclass


class OperationError(Exception):
    """An operation stopped before its end, or a service that it needs does not answer. The message has the remedy."""


@dataclass(frozen=True)
class Refusal:
    """A reason not to begin an operation.

    Attributes:
        subject: the resource at fault.
        evidence: its state as read.
        remedy: the command or change that corrects it.
        passing: true if it goes away by itself, such as an instance that is being started.
    """

    subject: str
    evidence: str
    remedy: str
    passing: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.evidence}; {self.remedy}"


class RefusedError(Exception):
    """An operation was refused. Nothing was changed.

    Attributes:
        refusals: every reason.
    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("\n".join(str(refusal) for refusal in refusals))
        self.refusals = tuple(refusals)
