"""What `tripod verify` found: as a table, or as data."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tripod.core.text import count_of
from tripod.operations.verify import Outcome


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A line for each promise, then what breaks those that are broken."""
    width = max((len(outcome.check.promise) for outcome in outcomes), default=0)
    for outcome in outcomes:
        sign = ("✓ ", "green") if outcome.passed else ("✗ ", "bold red")
        evidence = (outcome.evidence, "dim") if outcome.passed else (f"{len(outcome.broken)} broken", "red")
        line = Text.assemble(sign, f"{outcome.check.promise:<{width}}  ", evidence)
        console.print(line, no_wrap=True, overflow="ellipsis")
    _print_broken(console, outcomes)
    console.print()
    console.print(_summary(outcomes))


def _print_broken(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Every broken promise: what breaks it, what was seen, what to do."""
    for outcome in (one for one in outcomes if not one.passed):
        console.print()
        console.print(Text.assemble((outcome.check.promise, "bold"), (f"   {outcome.check.id}", "dim")))
        for broken in outcome.broken:
            console.print(Padding(Text.assemble((broken.subject, "red"), f": {broken.evidence}"), (0, 0, 0, 2)))
            console.print(Padding(Text(broken.remedy, "green"), (0, 0, 0, 4)))


def _summary(outcomes: Sequence[Outcome]) -> Text:
    """How many promises are kept."""
    kept = sum(1 for outcome in outcomes if outcome.passed)
    if kept == len(outcomes):
        return Text(f"{count_of(kept, 'promise')}, all kept.", "bold green")
    return Text(f"{len(outcomes) - kept} of {len(outcomes)} promises are broken.", "bold red")


def outcomes_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "check": outcome.check.id,
            "promise": outcome.check.promise,
            "rows": list(outcome.check.rows),
            "kept": outcome.passed,
            "evidence": outcome.evidence,
            "broken": [
                {"subject": broken.subject, "evidence": broken.evidence, "remedy": broken.remedy}
                for broken in outcome.broken
            ],
        }
        for outcome in outcomes
    ]
