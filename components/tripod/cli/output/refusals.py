"""Reasons for which an operation is refused, as text or as data."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tripod.core.text import count_of
from tripod.operations.errors import Refusal


def print_refusals(console: Console, refusals: Sequence[Refusal]) -> None:
    """Print each reason with its evidence and remedy; subjects with the same reason are one line."""
    console.print(Text(f"Refused, {count_of(len(refusals), 'reason')}. Nothing was changed.", "bold red"))
    alike: dict[tuple[str, str], list[str]] = {}
    for refusal in refusals:
        alike.setdefault((refusal.evidence, refusal.remedy), []).append(refusal.subject)
    for (evidence, remedy), subjects in alike.items():
        console.print(Padding(Text.assemble((", ".join(subjects), "red"), f": {evidence}"), (0, 0, 0, 2)))
        console.print(Padding(Text(remedy, "green"), (0, 0, 0, 4)))


def refusals_json(refusals: Iterable[Refusal]) -> list[dict[str, object]]:
    """Refusals as data."""
    return [asdict(refusal) for refusal in refusals]
