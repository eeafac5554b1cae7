"""Phases: small steps in a written order, each of which may be done again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .errors import AgentError

C = TypeVar("C")


@dataclass(frozen=True)
class Phase(Generic[C]):
    """One step of a boot.

    Attributes:
        name: what it is called, for `agent phase NAME`.
        does: what it does, for people.
        act: does it, and returns what came of it in a few words. Done again, it changes nothing.
    """

    name: str
    does: str
    act: Callable[[C], str]


def run_phases(phases: Sequence[Phase[C]], context: C, tell: Callable[[str], None]) -> None:
    """Run phases in their order, with one line for each.

    Raises:
        AgentError: one of them cannot do its work; what follows is not begun.
    """
    for phase in phases:
        started = time.monotonic()
        try:
            outcome = phase.act(context)
        except AgentError as error:
            tell(f"{phase.name}: failed: {error}")
            raise
        tell(f"{phase.name}: {outcome} ({time.monotonic() - started:.1f} s)")
