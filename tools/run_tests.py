"""Run the test tiers that this machine can run, one after another, and say how long each took.

A tier whose need is missing is skipped with the reason; it never passes silently.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

import binaries
import machine_image

ROOT = Path(__file__).parent.parent
FAST_EXAMPLES, ALL_EXAMPLES = "25", "300"


@dataclass(frozen=True)
class Tier:
    """A tier of tests.

    Attributes:
        name: what it is called.
        command: what runs it.
        missing: why it cannot run here; None where it can.
        fast: whether it belongs to the fast ones.
    """

    name: str
    command: tuple[str, ...]
    missing: Callable[[], str | None]
    fast: bool = False


def _nothing() -> None:
    return None


def _no_engine() -> str | None:
    if shutil.which("pulumi") is None:
        return "no `pulumi` on PATH"
    return None


def _no_boot() -> str | None:
    return machine_image.missing() or binaries.missing()


def _tool(name: str) -> tuple[str, ...]:
    return (sys.executable, f"tools/{name}.py")


def _pytest(folder: str, *options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "pytest", f"tests/{folder}", "-rs", *options)


_PARALLEL = ("--numprocesses", "auto", "--dist", "loadgroup")

TIERS = (
    Tier("lint", ("make", "--no-print-directory", "lint"), _nothing),
    Tier("unit", _pytest("unit", *_PARALLEL), _nothing, fast=True),
    Tier("program", _pytest("program", *_PARALLEL), _nothing, fast=True),
    Tier("rehearsal", _pytest("rehearsal", *_PARALLEL), _nothing),
    Tier("rules", _pytest("rules"), lambda: binaries.missing(("prometheus",))),
    # Once on a machine; afterwards they are there.
    Tier("binaries", _tool("binaries"), binaries.missing),
    Tier("machine", _tool("machine_image"), machine_image.missing),
    Tier("controlplane", _pytest("controlplane"), binaries.missing),
    # Two machines, each with more pauses than work: side by side.
    Tier("boot", _pytest("boot", "--numprocesses", "2", "--dist", "loadfile"), _no_boot),
    Tier("engine", _pytest("engine"), _no_engine),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a tier.

    Attributes:
        tier: the tier.
        seconds: how long it took.
        failed: whether it failed.
        skipped: why it did not run.
    """

    tier: Tier
    seconds: float
    failed: bool
    skipped: str | None


def run(tier: Tier, console: Console, examples: str) -> Outcome:
    """Run a tier, its output to the terminal."""
    reason = tier.missing()
    if reason:
        console.print(f"{tier.name}: skipped, {reason}", style="yellow")
        return Outcome(tier, 0, failed=False, skipped=reason)
    console.rule(tier.name)
    started = time.monotonic()
    environment = {**os.environ, "TRIPOD_EXAMPLES": examples, "PULUMI_ERROR_OUTPUT_STRING": "1"}
    done = subprocess.run(tier.command, cwd=ROOT, env=environment, check=False)  # noqa: S603
    return Outcome(tier, time.monotonic() - started, failed=done.returncode != 0, skipped=None)


def summary(outcomes: list[Outcome]) -> Table:
    """A line for each tier."""
    table = Table(box=None, padding=(0, 2), show_header=False)
    for outcome in outcomes:
        state = "[red]failed" if outcome.failed else "[green]passed"
        minutes = f"{outcome.seconds / 60:.1f} min"
        table.add_row(
            outcome.tier.name, *(("[yellow]skipped", outcome.skipped) if outcome.skipped else (state, minutes))
        )
    total = sum(outcome.seconds for outcome in outcomes)
    table.add_row("in all", "", f"{total / 60:.1f} min")
    return table


def main() -> int:
    """Run the tiers; 1 where any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="only the fast tiers, with fewer random examples")
    fast: bool = parser.parse_args().fast
    console = Console()
    tiers = [tier for tier in TIERS if tier.fast or not fast]
    outcomes = [run(tier, console, FAST_EXAMPLES if fast else ALL_EXAMPLES) for tier in tiers]
    console.rule("tiers")
    console.print(summary(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
