"""What `tripod verify` found: as a table, or as data."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tripod.operations.verify import Outcome


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """A line for each promise."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(width=1)
    table.add_column(overflow="ellipsis", no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True, min_width=20)
    for outcome in outcomes:
        sign = Text("✓", "green") if outcome.kept else Text("✗", "bold red")
        evidence = outcome.evidence if outcome.kept else f"{len(outcome.broken)} broken"
        table.add_row(sign, Text(outcome.check.promise), Text(evidence, "dim" if outcome.kept else "red"))
    return table


def print_broken(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Every broken promise: what breaks it, what was seen, what to do."""
    for outcome in (one for one in outcomes if not one.kept):
        console.print()
        console.print(Text.assemble((outcome.check.promise, "bold"), (f"   {outcome.check.id}", "dim")))
        for broken in outcome.broken:
            console.print(Padding(Text.assemble((broken.subject, "red"), f": {broken.evidence}"), (0, 0, 0, 2)))
            console.print(Padding(Text(broken.remedy, "green"), (0, 0, 0, 4)))


def summary(outcomes: Sequence[Outcome]) -> Text:
    """How many promises are kept."""
    kept = sum(1 for outcome in outcomes if outcome.kept)
    if kept == len(outcomes):
        return Text(f"All {kept} promises are kept.", "bold green")
    return Text(f"{len(outcomes) - kept} of {len(outcomes)} promises are broken.", "bold red")


def outcomes_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "check": outcome.check.id,
            "promise": outcome.check.promise,
            "rows": list(outcome.check.rows),
            "kept": outcome.kept,
            "evidence": outcome.evidence,
            "broken": [
                {"subject": broken.subject, "evidence": broken.evidence, "remedy": broken.remedy}
                for broken in outcome.broken
            ],
        }
        for outcome in outcomes
    ]
