"""Outcomes of `tripod verify`, as a table or as data."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tripod.core.text import count_of
from tripod.operations.verify import Outcome


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print a line for each check, then the findings of those that failed."""
    width = max((len(outcome.check.title) for outcome in outcomes), default=0)
    for outcome in outcomes:
        sign = ("✓ ", "green") if outcome.passed else ("✗ ", "bold red")
        evidence = (outcome.evidence, "dim") if outcome.passed else (f"{len(outcome.failures)} failed", "red")
        line = Text.assemble(sign, f"{outcome.check.title:<{width}}  ", evidence)
        console.print(line, no_wrap=True, overflow="ellipsis")
    _print_failures(console, outcomes)
    console.print()
    console.print(_summary(outcomes))


def _print_failures(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print each failed check: the resources that fail it, the evidence, the remedy."""
    for outcome in (one for one in outcomes if not one.passed):
        console.print()
        console.print(Text.assemble((outcome.check.title, "bold"), (f"   {outcome.check.id}", "dim")))
        for failure in outcome.failures:
            console.print(Padding(Text.assemble((failure.subject, "red"), f": {failure.evidence}"), (0, 0, 0, 2)))
            console.print(Padding(Text(failure.remedy, "green"), (0, 0, 0, 4)))


def _summary(outcomes: Sequence[Outcome]) -> Text:
    failed = sum(1 for outcome in outcomes if not outcome.passed)
    if failed:
        return Text(f"{failed} of {count_of(len(outcomes), 'check')} failed.", "bold red")
    return Text(f"{count_of(len(outcomes), 'check')} passed.", "bold green")


def outcomes_json(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """Outcomes as data."""
    return [
        {
            "check": outcome.check.id,
            "title": outcome.check.title,
            "rows": list(outcome.check.rows),
            "passed": outcome.passed,
            "evidence": outcome.evidence,
            "broken": [asdict(failure) for failure in outcome.failures],
        }
        for outcome in outcomes
    ]
