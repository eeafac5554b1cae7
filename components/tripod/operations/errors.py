"""What an operation says when it does not go on: what was seen, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass


class OperationError(Exception):
    """An operation stopped half-way, or something that it needs does not answer. The message says what to do."""


@dataclass(frozen=True)
class Refusal:
    """Why an operation is not begun.

    Attributes:
        subject: what stands in its way.
        evidence: what was seen.
        remedy: what to do.
        passing: whether it goes away by itself, such as an instance that is being started.
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
