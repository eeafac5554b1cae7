"""The emulated AWS of a rehearsal: a process of its own, which never outlives the command."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.controlplane.instances.waiting import until
from tripod.rehearsal import moto_process
from tripod.rehearsal.engine import EngineError
from tripod.rehearsal.moto_process import EmulatorProcess, emulator_process
from tripod.stack.aws_clients import Clients

PARENT = """
import os, signal
from tripod.rehearsal.moto_process import EmulatorProcess
emulator = EmulatorProcess()
emulator.address()
print(emulator.process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_serves_until_its_block_ends() -> None:
    with emulator_process() as emulator:
        address = emulator.address()
        ec2 = Clients(address).client("ec2", "us-west-2")
        assert ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["CidrBlock"] == "10.0.0.0/16"
    assert emulator.process.poll() is not None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="this system does not show processes as files")
def test_it_ends_with_a_parent_that_is_killed() -> None:
    done = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, timeout=60, check=False)
    process = Path("/proc", done.stdout.strip())
    assert process.name.isdigit(), done.stderr
    until("the emulator has ended", lambda: not process.exists() or "Z (" in (process / "stat").read_text())


def test_one_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moto_process.sys, "executable", "/bin/false")
    with pytest.raises(EngineError, match="ended with 1 before it listened"):
        EmulatorProcess().address()
