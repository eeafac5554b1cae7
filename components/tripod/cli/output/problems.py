"""Problems of a refused configuration, as text or as data."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tripod.core.problems import Problem
from tripod.core.text import count_of


def print_problems(console: Console, source: str, problems: Sequence[Problem]) -> None:
    """Print every problem: its path, the value given, the values allowed, the remedy.

    Args:
        console: the console to print to.
        source: the file that was read.
        problems: its problems.
    """
    count = count_of(len(problems), "problem")
    console.print(Text.assemble((count, "bold red"), f" in {source}; nothing was created"))
    for problem in problems:
        console.print()
        console.print(Text(problem.location, "bold"))
        for label, text, style in (
            ("given", problem.given, "red"),
            ("allowed", problem.allowed, ""),
            ("do", problem.remedy, "green"),
        ):
            console.print(Padding(Text.assemble((f"{label:<8}", "dim"), (text, style)), (0, 0, 0, 2)))


def problems_json(problems: Sequence[Problem]) -> dict[str, list[dict[str, str]]]:
    """Problems as data."""
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
