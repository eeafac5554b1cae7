"""The engine that `tripod up` runs for an emulator's stack: the emulator and the state that belong together."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from support.engine import STACK
from support.ports import free_port, listens, stops_listening
from tripod.rehearsal.engine import EngineError, LocalEngine
from tripod.stack.project import find_project

PROGRAM = "import pulumi\n\npulumi.export('answer', 42)\n"


@pytest.fixture
def small(engine: None, tmp_path: Path) -> Generator[LocalEngine]:
    """The engine of a stack that makes nothing."""
    endpoint = f"http://127.0.0.1:{free_port()}"
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "small", "runtime": runtime}))
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": {"aws:endpoints": [{"ec2": endpoint}]}}))
    (tmp_path / "__main__.py").write_text(PROGRAM)
    made = LocalEngine(find_project(tmp_path), STACK, endpoint)
    yield made
    made.down()


def _port(engine: LocalEngine) -> int:
    return urlsplit(engine.endpoint).port or 0


def _updates(engine: LocalEngine) -> int:
    """Number of updates in the engine's history."""
    command = ["pulumi", "stack", "history", "--json", "--stack", STACK]
    listed = subprocess.run(
        command, cwd=engine.project.folder, env=engine.environment(), capture_output=True, text=True, check=True
    )
    return len(json.loads(listed.stdout))


def test_up_starts_an_emulator_and_down_ends_it(small: LocalEngine) -> None:
    said: list[str] = []
    small.up(said.append)
    without = "pulumi up, without what lives in the cluster: TRIPOD_KUBERNETES names no kubeconfig"
    assert said == ["Starting the emulated AWS", without]
    assert listens(_port(small))
    small.up(said.append)
    assert said[2:] == [without]
    assert _updates(small) == 2
    small.down()
    assert stops_listening(_port(small))
    assert not small.folder.exists()


def test_a_state_is_forgotten_with_the_emulator_that_it_is_about(small: LocalEngine) -> None:
    small.up(lambda _: None)
    os.kill(int((small.folder / "emulator.pid").read_text()), signal.SIGKILL)
    assert stops_listening(_port(small))
    small.up(lambda _: None)
    assert listens(_port(small))
    assert _updates(small) == 1


def test_a_program_that_fails_is_an_error_with_the_command_that_did(small: LocalEngine) -> None:
    (small.project.folder / "__main__.py").write_text("raise SystemExit(1)\n")
    with pytest.raises(EngineError, match="pulumi up"):
        small.up(lambda _: None)
