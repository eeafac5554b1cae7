"""The command, as a shell runs it or in this process, and projects to run it in."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from support.stacks.planned import ROOT
from tripod.cli.main import app

TRIPOD = Path(sys.executable).with_name("tripod")

WIDE = {"COLUMNS": "400"}
"""A terminal in which no line is broken."""


@dataclass(frozen=True)
class CommandOutput:
    """The result of a command: its exit code and output."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def tripod_process(folder: Path, *arguments: str, **environment: str) -> CommandOutput:
    """Run the installed command in a folder, as a shell does."""
    done = subprocess.run(
        [TRIPOD, *arguments],
        cwd=folder,
        env={**os.environ, **WIDE, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return CommandOutput(done.returncode, done.stdout, done.stderr)


def tripod_in_process(folder: Path, *arguments: str, **environment: str) -> CommandOutput:
    """Run the command in this process, in a folder: a process of its own imports for seconds.

    Whatever the command does not explain is raised here.
    """
    with chdir(folder):
        result = CliRunner(env={**WIDE, **environment}).invoke(
            app, arguments, catch_exceptions=False, prog_name="tripod"
        )
    return CommandOutput(result.exit_code, result.stdout, result.stderr)


def copied_project(folder: Path) -> Path:
    """Copy this project's program and stack files into a folder."""
    shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, folder)
    return folder


def tiny_project(folder: Path) -> Path:
    """Make a project with a stack `test`; its program's path."""
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\nmain: program/\n")
    (folder / "Pulumi.test.yaml").write_text("config: {aws:region: us-west-2}\n")
    (folder / "program").mkdir()
    return folder / "program" / "__main__.py"


def write_stack(folder: Path, stack: str, settings: Mapping[str, Any]) -> None:
    # JSON is YAML.
    (folder / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": settings}))


def write_pulumi(folder: Path, script: str) -> None:
    """Write a `pulumi` that runs a script of a shell."""
    folder.mkdir(exist_ok=True)
    (folder / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "pulumi").chmod(0o755)


def files_in(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder with its content, but for what Python compiles."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
