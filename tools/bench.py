"""Benchmark of the commands and of plans: time, memory and the depth of the dependency graph, a process for each.

The peer beside them is the SDK alone: the import of pulumi_aws, and a run of the SDK's mocks with as many resources.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
MEASURES = ("staging", "production", "one cluster", "ten clusters")
PYTHON = sys.executable
TRIPOD = str(Path(PYTHON).parent / "tripod")
COMMANDS = {
    "python -c pass": (PYTHON, "-c", "pass"),
    "python -c 'import pulumi_aws'": (PYTHON, "-c", "import pulumi_aws"),
    "tripod --help": (TRIPOD, "--help"),
    "tripod plan production": (TRIPOD, "plan", "production"),
    "tripod rehearse local": (TRIPOD, "rehearse", "local"),
}
RUNS = 3
"""Runs of each command, of which the fastest counts: a machine's other work only ever adds to the time."""

# An installed package has its bytecode written.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def measure(name: str) -> dict[str, float]:
    """Run one measure in this process."""
    started = time.perf_counter()
    run = _bare(int(name.removeprefix("bare "))) if name.startswith("bare ") else _measured(name)
    imported = time.perf_counter()
    resources, depth = run()
    return {
        "imports": imported - started,
        "run": time.perf_counter() - imported,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "resources": resources,
        "depth": depth,
    }


def _measured(name: str) -> Callable[[], tuple[int, int]]:
    """A stack file, or a number of clusters in one program; everything imported that it needs."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.stacks.clusters import clusters  # noqa: PLC0415
    from support.stacks.planned import plan_settings, settings_of  # noqa: PLC0415

    counts = {"one cluster": 1, "ten clusters": 10}
    if name in counts:
        clusters(1)  # The SDK imports modules of providers when they are first used.

    def run() -> tuple[int, int]:
        recording = clusters(counts[name]) if name in counts else plan_settings(settings_of(name), name)
        return len(recording.registrations), _depth(recording.registrations)

    return run


def _depth(registrations: Mapping[str, Any]) -> int:
    """The longest chain of resources that wait for one another."""
    known: dict[str, int] = {}

    def depth(urn: str) -> int:
        if urn not in known:
            before = [one for one in registrations[urn].dependencies if one in registrations]
            known[urn] = 1 + max((depth(one) for one in before), default=0)
        return known[urn]

    return max((depth(urn) for urn in registrations), default=0)


def _bare(count: int) -> Callable[[], tuple[int, int]]:
    """As many resources by the SDK's mocks alone, none of which waits for another."""
    import pulumi  # noqa: PLC0415
    import pulumi_aws as aws  # noqa: PLC0415

    class Mocks(pulumi.runtime.Mocks):
        def call(self, args: Any) -> Any:  # noqa: ARG002 (the SDK's signature)
            return {}, []

        def new_resource(self, args: Any) -> Any:
            return f"{args.name}-id", args.inputs

    @pulumi.runtime.test  # pyright: ignore[reportUnknownMemberType]
    def program() -> None:
        for index in range(count):
            aws.ec2.Subnet(f"subnet-{index}", vpc_id="vpc-1", cidr_block="10.0.0.0/24", tags={"index": str(index)})

    def run() -> tuple[int, int]:
        gc.disable()  # as for ours
        pulumi.runtime.set_mocks(Mocks())
        program()
        return count, 1

    return run


def _in_process(name: str) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603
        [PYTHON, __file__, name], capture_output=True, text=True, check=True, timeout=120, env=ENVIRONMENT
    )
    return json.loads(done.stdout)


def _command(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds from start to end, seconds of processor time, and MiB of memory of a command."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _table(*titles: str) -> Table:
    table = Table(box=None)
    table.add_column(titles[0], no_wrap=True)
    for title in titles[1:]:
        table.add_column(title, justify="right")
    return table


def main() -> None:
    """Measure everything, and print two tables."""
    console = Console()
    commands = _table("command", "start to end s", "processor s", "memory MiB")
    for title, command in COMMANDS.items():
        wall, processor, memory = min(_command(command) for _ in range(RUNS))
        commands.add_row(title, f"{wall:.2f}", f"{processor:.2f}", f"{memory:.0f}")
    console.print(commands)
    plans = _table("plan", "resources", "depth", "imports s", "plan s", "bare SDK s", "ratio", "memory MiB")
    figures: dict[str, dict[str, float]] = {}
    for name in MEASURES:
        figures[name] = found = _in_process(name)
        bare = _in_process(f"bare {int(found['resources'])}")
        plans.add_row(
            name,
            f"{found['resources']:.0f}",
            f"{found['depth']:.0f}",
            f"{found['imports']:.2f}",
            f"{found['run']:.2f}",
            f"{bare['run']:.2f}",
            f"{found['run'] / bare['run']:.1f}",
            f"{found['memory']:.0f}",
        )
    console.print(plans)
    ratio = figures["ten clusters"]["run"] / figures["one cluster"]["run"]
    console.print(f"Ten clusters cost {ratio:.1f} times one, net of imports.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(measure(sys.argv[1])))
    else:
        main()
