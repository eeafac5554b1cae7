"""A stack of the real engine: a copy of the project, on an emulated AWS of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.stacks.planned import ROOT, Change
from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import verify
from tripod.rehearsal.engine import LocalEngine
from tripod.stack.aws_clients import Clients
from tripod.stack.project import Project, find_project

STACK = "local"
PACKAGES = ("aws", "tls", "random")
"""The packages whose plugins the program needs."""

FURTHER_TRIES = 2
LOST_CONNECTION = "use of closed network connection"
"""Occasional error of providers from before 2025 when a server closes each connection, as the emulator does.

Later ones try again by themselves (aws/aws-sdk-go-v2#2949).
"""

INSTALL_SECONDS = 300
COMMAND_SECONDS = 540

Step = Mapping[str, Any]


def missing_engine() -> str | None:
    """Reason to skip: no engine, or not all of its plugins; None if both are there."""
    if shutil.which("pulumi") is None:
        return "no `pulumi` on PATH"
    listed = subprocess.run(["pulumi", "plugin", "ls", "--json"], capture_output=True, text=True, check=False)
    if listed.returncode:
        return f"`pulumi plugin ls` failed: {_last_line(listed.stderr)}"
    have = {(plugin["name"], plugin.get("version")) for plugin in json.loads(listed.stdout)}
    reasons = [_install(package) for package in PACKAGES if (package, version(f"pulumi-{package}")) not in have]
    return "; ".join(reason for reason in reasons if reason) or None


def _install(package: str) -> str | None:
    """Have the engine fetch a plugin; why it could not."""
    wanted = version(f"pulumi-{package}")
    command = ["pulumi", "plugin", "install", "resource", package, wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        return f"no plugin {package} {wanted}, and fetching it takes more than {INSTALL_SECONDS} s"
    return f"no plugin {package} {wanted}: {_last_line(done.stderr)}" if done.returncode else None


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing"


def copy_project(folder: Path, files: Mapping[str, Any]) -> None:
    """A project file that names this Python's environment, and stack files.

    Args:
        folder: where to.
        files: stack → what its file has under config.
    """
    content = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    content["runtime"]["options"]["virtualenv"] = sys.prefix
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(content))
    for stack, config in files.items():
        (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(config))


@dataclass(frozen=True)
class Plan:
    """Steps of a preview.

    Attributes:
        digest: what `pulumi preview --json` writes. Resources that stay as they are have no step in it.
    """

    digest: Mapping[str, Any]

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self.digest["steps"])

    @property
    def summary(self) -> Mapping[str, int]:
        """Number of resources by operation."""
        return self.digest["changeSummary"]

    def changes(self) -> dict[str, set[str]]:
        """Names of resources by operation, without components."""
        done: dict[str, set[str]] = {}
        for step in self.steps:
            type_, name = _type_and_name(step["urn"])
            if step["op"] not in {"same", "refresh"} and not type_.startswith(("tripod:", "pulumi:pulumi:")):
                done.setdefault(step["op"], set()).add(name)
        return done

    def reasons(self) -> dict[str, set[str]]:
        """Name of what is updated or replaced → the properties for which."""
        return {
            _type_and_name(step["urn"])[1]: set(step["diffReasons"]) for step in self.steps if step.get("diffReasons")
        }

    def inputs(self, name: str) -> Mapping[str, Any]:
        """A resource's inputs, as they would be."""
        found = [step["newState"]["inputs"] for step in self.steps if _type_and_name(step["urn"])[1] == name]
        return found[-1]


def _type_and_name(urn: str) -> tuple[str, str]:
    _, _, types, name = urn.removeprefix("urn:pulumi:").split("::", 3)
    return types.rsplit("$", 1)[-1], name


@dataclass(frozen=True)
class EngineStack:
    """A stack in a folder of its own.

    Attributes:
        folder: the project's folder.
        endpoint: the address of its emulated AWS.
    """

    folder: Path
    endpoint: str

    @property
    def project(self) -> Project:
        return find_project(self.folder)

    @property
    def file(self) -> Path:
        return self.folder / f"Pulumi.{STACK}.yaml"

    @property
    def state(self) -> Path:
        """Folder of the engine's state."""
        return self.folder / ".cache" / STACK / "state"

    @cached_property
    def _config(self) -> Mapping[str, Any]:
        return yaml.safe_load(self.file.read_text())["config"]

    @property
    def region(self) -> str:
        return self._config["aws:region"]

    @property
    def cluster(self) -> str:
        return self._config["tripod:cluster"]["name"]

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self.endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated account."""
        return self._clients.client(service, self.region)

    def broken(self) -> set[str]:
        """The checks of `tripod verify` that fail."""
        outcomes = verify(ClusterInventory(Clients(self.endpoint), self.region, self.cluster))
        assert outcomes
        return {outcome.check.id for outcome in outcomes if not outcome.passed}

    def tripod(self, *arguments: str) -> str:
        """Run the `tripod` command, and return what it says."""
        return _output(self._run([sys.executable, "-m", "tripod.cli", *arguments], os.environ))

    def pulumi(self, *arguments: str) -> str:
        """Run a command of the engine that succeeds, and return its output."""
        return _output(self.pulumi_may_fail(*arguments))

    def pulumi_may_fail(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["pulumi", *arguments, "--stack", STACK, "--non-interactive"]
        return self._run(command, LocalEngine(self.project, STACK, self.endpoint).environment())

    def _run(self, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        done = self._run_once(command, environment)
        for _ in range(FURTHER_TRIES):
            if done.returncode == 0 or LOST_CONNECTION not in done.stdout + done.stderr:
                break
            done = self._run_once(command, environment)
        return done

    def _run_once(self, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def preview(self, *options: str) -> Plan:
        """Steps of a preview."""
        return Plan(json.loads(self.pulumi("preview", "--json", *options)))

    def export(self, *options: str) -> dict[str, Any]:
        """The stack's state."""
        return json.loads(self.pulumi("stack", "export", *options))

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets hidden."""
        return json.loads(self.pulumi("stack", "output", "--json"))

    @contextmanager
    def changed(self, *changes: Change) -> Generator[None]:
        """Change the stack file while a block runs."""
        before = self.file.read_text()
        self.change(*changes)
        try:
            yield
        finally:
            self.file.write_text(before)

    def change(self, *changes: Change) -> None:
        """Change the stack file."""
        content = yaml.safe_load(self.file.read_text())
        for change in changes:
            change(content["config"])
        self.file.write_text(yaml.safe_dump(content))


@dataclass(frozen=True)
class Up:
    """A stack that has been brought up.

    Attributes:
        stack: the stack.
        output: the command's output.
        file: what its file was before.
    """

    stack: EngineStack
    output: str
    file: str


def _output(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        pytest.fail(
            f"{' '.join(done.args)} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
    return done.stdout
