"""`tripod down` ends the emulator that it started, and nobody else's process."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tripod.rehearsal.engine import LocalEngine
from tripod.stack.project import Project

ENDPOINT = "http://127.0.0.1:5599"
PLACE = ("-m", "tripod.cli", "emulator", "--port")


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    made = LocalEngine(Project(tmp_path, "shop", tmp_path, ("local",)), "local", ENDPOINT)
    made.folder.mkdir(parents=True)
    return made


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Generator["subprocess.Popen[bytes]"]:
    """A process that waits, with these arguments behind its own."""
    waits = "import sys, time; sys.stdout.write('\\n'); sys.stdout.flush(); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", waits, *request.param], stdout=subprocess.PIPE) as started:
        assert started.stdout
        started.stdout.readline()
        yield started
        started.kill()


@pytest.mark.parametrize("process", [(*PLACE, "5599")], indirect=True)
def test_the_emulator_of_this_stack_is_ended(engine: LocalEngine, process: "subprocess.Popen[bytes]") -> None:
    (engine.folder / "emulator.pid").write_text(str(process.pid))
    engine.down()
    assert process.wait(timeout=10) != 0
    assert not engine.folder.exists()


@pytest.mark.parametrize("process", [(), (*PLACE, "5566")], indirect=True, ids=["other program", "other port"])
def test_a_number_that_is_anothers_by_now_is_left_alone(
    engine: LocalEngine, process: "subprocess.Popen[bytes]"
) -> None:
    (engine.folder / "emulator.pid").write_text(str(process.pid))
    engine.down()
    assert process.poll() is None
    assert not engine.folder.exists()


@pytest.mark.parametrize("written", ["", "no number", "4194303"])
def test_a_number_that_says_nothing_is_passed_over(engine: LocalEngine, written: str) -> None:
    (engine.folder / "emulator.pid").write_text(written)
    engine.down()
    assert not engine.folder.exists()
