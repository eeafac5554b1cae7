"""`tripod kubeconfig`."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from tripod.cli.commands.options import Stack
from tripod.cli.errors import stack_errors
from tripod.operations.errors import Refusal, RefusedError


def kubeconfig(
    stack: Stack,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="The file; by default kubeconfig-STACK here.")] = None,
) -> None:
    """Write the kubeconfig of a stack to a file that only you can read. It may do everything in the cluster.

    It is the one of the stack's own program, from its outputs, by the engine. People get certificates of their own in
    the groups of `access.groups`. It is never printed.
    """
    from rich.console import Console
    from rich.text import Text

    from tripod.rehearsal.engine import LocalEngine, has_engine
    from tripod.stack.project import find_project, read_stack

    with stack_errors(stack):
        project = find_project(Path.cwd())
        config = read_stack(project, stack)
        if not has_engine():
            raise RefusedError([Refusal("`pulumi`", "is not on PATH", "the kubeconfig is an output of the stack")])
        command = ["pulumi", "stack", "output", "kubeconfig", "--show-secrets", "--stack", stack, "--non-interactive"]
        local = LocalEngine(project, stack, config.endpoint) if config.endpoint else None
        environment = local.environment() if local else os.environ
        done = subprocess.run(  # noqa: S603
            command, cwd=project.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RefusedError([Refusal(stack, done.stderr.strip() or "has no output", "bring it up first")])
        file = out or Path(f"kubeconfig-{stack}")
        _write_private(file, done.stdout)
    Console().print(Text(f"export KUBECONFIG={file.resolve()}"), soft_wrap=True)


def _write_private(file: Path, text: str) -> None:
    # A file that was there keeps its mode: a new one takes its place.
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:  # noqa: PTH123
        opened.write(text)
    new.replace(file)
