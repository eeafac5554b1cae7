"""Phases of a boot: idempotent steps in a fixed order."""

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
        name: its name, for `agent phase NAME`.
        does: its description, for people.
        act: carries it out and returns its outcome in a few words. Repeated, it changes nothing.
    """

    name: str
    does: str
    act: Callable[[C], str]


def run_phases(phases: Sequence[Phase[C]], context: C, log: Callable[[str], None]) -> None:
    """Run phases in their order, with one log line for each.

    Raises:
        AgentError: one of them fails; the phases after it are not run.
    """
    for phase in phases:
        started = time.monotonic()
        try:
            outcome = phase.act(context)
        except AgentError as error:
            log(f"{phase.name}: failed: {error}")
            raise
        log(f"{phase.name}: {outcome} ({time.monotonic() - started:.1f} s)")
