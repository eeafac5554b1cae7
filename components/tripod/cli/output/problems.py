"""A refused configuration, for people and for machines."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tripod.core.problems import Problem
from tripod.core.text import count_of


def print_problems(console: Console, source: str, problems: Sequence[Problem]) -> None:
    """Every problem: where, what was given, what is allowed, what to do.

    Args:
        console: where to.
        source: the file that was read.
        problems: what is wrong with it.
    """
    count = count_of(len(problems), "problem")
    console.print(Text.assemble((count, "bold red"), f" in {source}; nothing was created"))
    for problem in problems:
        console.print()
        console.print(Text(problem.location, "bold"))
        for label, told, style in (
            ("given", problem.given, "red"),
            ("allowed", problem.allowed, ""),
            ("do", problem.remedy, "green"),
        ):
            console.print(Padding(Text.assemble((f"{label:<8}", "dim"), (told, style)), (0, 0, 0, 2)))


def problems_json(problems: Sequence[Problem]) -> dict[str, Any]:
    """The same as data."""
    return {
        "problems": [
            {
                "path": problem.location,
                "given": problem.given,
                "allowed": problem.allowed,
                "remedy": problem.remedy,
            }
            for problem in problems
        ]
    }
