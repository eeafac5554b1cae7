"""Waiting for a condition."""

import time
from collections.abc import Callable

from support.controlplane.instances.instance import CommandError

POLL_SECONDS = 0.02


def until(what: str, condition: Callable[[], object], seconds: float = 60, every: float = POLL_SECONDS) -> float:
    """Poll until a condition holds; return the seconds that it took.

    Args:
        what: what is waited for, in an error.
        condition: true when it has come; what does not answer, and a command that fails, count as not yet.
        seconds: how long to wait.
        every: seconds between two looks.

    Raises:
        TimeoutError: it did not come in time; with the last thing that was in the way.
    """
    started = time.monotonic()
    while True:
        last: object = None
        try:
            if condition():
                return time.monotonic() - started
        except (OSError, CommandError) as error:
            last = error
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"{what}: not within {seconds} s" + (f": {last!r}" if last else ""))
        time.sleep(every)
