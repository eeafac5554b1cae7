"""Run tiers of tests, one after another, and print how long each took.

``fast``: unit tests without those on emulated AWS. ``pip``: the tiers that need Python packages alone. ``all``: those,
then the tiers with real binaries, virtual machines and the engine. A tier whose need is missing is skipped with the
reason; it never passes silently.
"""

import argparse
import compileall
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

import binaries
import machine_image

ROOT = Path(__file__).parent.parent
EXAMPLES = {"pip": "40", "all": "300"}
"""Random configurations that the program tier plans."""


@dataclass(frozen=True)
class Tier:
    """A tier of tests.

    Attributes:
        name: its name.
        command: the command that runs it.
        missing: returns the reason why it cannot run here, or None.
    """

    name: str
    command: tuple[str, ...]
    missing: Callable[[], str | None]


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

FAST = (Tier("unit, without emulated AWS", _pytest("unit", "-m", "not emulated", *_PARALLEL), _nothing),)
PIP = (
    Tier("lint", ("make", "--no-print-directory", "lint"), _nothing),
    Tier("unit", _pytest("unit", *_PARALLEL), _nothing),
    Tier("program", _pytest("program", *_PARALLEL), _nothing),
    Tier("rehearsal", _pytest("rehearsal", *_PARALLEL), _nothing),
)
REAL = (
    Tier("rules", _pytest("rules"), lambda: binaries.missing(("prometheus",))),
    # Once on a machine; afterwards they are there.
    Tier("binaries", _tool("binaries"), binaries.missing),
    Tier("machine", _tool("machine_image"), machine_image.missing),
    Tier("controlplane", _pytest("controlplane"), binaries.missing),
    # Two machines, each with more pauses than work: side by side.
    Tier("boot", _pytest("boot", "--numprocesses", "2", "--dist", "loadfile"), _no_boot),
    Tier("engine", _pytest("engine"), _no_engine),
)
TIERS = {"fast": FAST, "pip": PIP, "all": (*PIP, *REAL)}


@dataclass(frozen=True)
class Outcome:
    """The outcome of a tier.

    Attributes:
        tier: the tier.
        seconds: how long it took.
        failed: True if it failed.
        skipped: the reason why it did not run, or None.
    """

    tier: Tier
    seconds: float
    failed: bool
    skipped: str | None


def run(tier: Tier, console: Console, environment: Mapping[str, str]) -> Outcome:
    """Run a tier, its output to the terminal."""
    reason = tier.missing()
    if reason:
        console.print(f"{tier.name}: skipped, {reason}", style="yellow")
        return Outcome(tier, 0, failed=False, skipped=reason)
    console.rule(tier.name)
    started = time.monotonic()
    done = subprocess.run(tier.command, cwd=ROOT, env={**os.environ, **environment}, check=False)  # noqa: S603
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
    """Run the chosen tiers, and return 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tiers", choices=TIERS, help="which tiers to run")
    chosen: str = parser.parse_args().tiers
    console = Console()
    # Tests start a hundred processes, none of which may write beside what it runs.
    compileall.compile_dir(ROOT / "components", quiet=1)
    environment = {"TRIPOD_EXAMPLES": EXAMPLES.get(chosen, ""), "PULUMI_ERROR_OUTPUT_STRING": "1"}
    outcomes = [run(tier, console, environment) for tier in TIERS[chosen]]
    console.rule("tiers")
    console.print(summary(outcomes))
    return 1 if any(outcome.failed for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
