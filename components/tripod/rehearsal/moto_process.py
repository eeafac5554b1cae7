"""The emulated AWS in a process of its own: it loads on one core while the stack's program runs on the other."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module

from tripod.rehearsal.engine import EngineError
from tripod.rehearsal.moto_server import emulated_aws

SERVICES = ("ec2", "s3", "iam", "elbv2", "autoscaling", "route53", "rds", "kms", "secretsmanager", "ssm", "logs")
"""The parts of moto that are loaded before a request needs them."""


class EmulatorProcess:
    """A running emulator. It ends with its standard input, so that it never outlives this process.

    Attributes:
        process: the process.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", __name__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603

    def address(self) -> str:
        """Its address, once it listens.

        Raises:
            EngineError: it did not start.
        """
        address = next(iter(self.process.stdout or ()), "").strip()
        if not address:
            raise EngineError(f"the emulated AWS ended with {self.process.wait()} before it listened")
        return address

    def end(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def emulator_process() -> Generator[EmulatorProcess]:
    """Start the emulator, and end it with the block."""
    process = EmulatorProcess()
    try:
        yield process
    finally:
        process.end()


def main() -> None:
    """Print the address, and serve until standard input ends."""
    gc.disable()  # as in `tripod`: what it makes is in use until it ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    with emulated_aws() as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        for service in SERVICES:
            import_module(f"moto.{service}.responses")
        sys.stdin.read()
        os._exit(0)


if __name__ == "__main__":
    main()
