"""One stack for all of these tests: it is brought up, looked at, changed, destroyed, and brought up again."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest
import yaml

from support.engine import STACK, EngineStack, Up, copy_project, missing_engine
from support.ports import free_port
from support.stacks.planned import ROOT
from tripod.rehearsal.engine import START_SECONDS

LIVES = ("destroyed", "second_life")
"""Fixtures that end what other tests stand on, in their order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what only looks at the first cluster run before what destroys it."""

    def stage(item: pytest.Item) -> int:
        used: list[str] = getattr(item, "fixturenames", [])
        return max((LIVES.index(name) + 1 for name in used if name in LIVES), default=0)

    items.sort(key=stage)


@pytest.fixture(scope="session")
def engine() -> None:
    """The engine and its plugins, or a skip that says what is missing."""
    reason = missing_engine()
    if reason:
        pytest.skip(reason)


@contextmanager
def _emulator(port: int, log: Path) -> Generator[str]:
    command = [sys.executable, "-m", "tripod.cli", "emulator", "--port", str(port)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + START_SECONDS
            while "listens" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"no emulated AWS: {log.read_text()}")
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


@pytest.fixture(scope="session")
def first_up(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Generator[Up]:
    """The local stack, by `tripod up`, in a copy of the project: the user's own is not touched."""
    folder, port = tmp_path_factory.mktemp("engine"), free_port()
    file: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{STACK}.yaml").read_text())
    endpoint = f"http://127.0.0.1:{port}"
    file["config"]["aws:endpoints"] = [dict.fromkeys(file["config"]["aws:endpoints"][0], endpoint)]
    # A provider that does not know its account takes every rule between two groups for changed at each refresh.
    file["config"].pop("aws:skipRequestingAccountId", None)
    copy_project(folder, {STACK: file})
    copytree(ROOT / "infra", folder / "infra", ignore=ignore_patterns("__pycache__"))
    stack = EngineStack(folder, endpoint)
    with _emulator(port, folder / "emulator.log"):
        before = stack.file.read_text()
        yield Up(stack, stack.tripod("up", STACK), before)
        stack.tripod("down", STACK)
        assert not stack.state.exists()


@pytest.fixture(scope="session")
def local(first_up: Up) -> EngineStack:
    """The local stack, brought up."""
    return first_up.stack
