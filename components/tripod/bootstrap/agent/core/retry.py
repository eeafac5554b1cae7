"""Trying again, with backoff and an end."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import AgentError, RetryableError

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How long something is tried.

    Attributes:
        seconds: after this long it is given up.
        first: seconds before the second try; each wait is twice the one before.
        longest: the longest wait between two tries, in seconds.
        sleep: what waits.
        now: a clock that only goes forward, in seconds.
    """

    seconds: float = 600
    first: float = 1
    longest: float = 30
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def retry(what: str, act: Callable[[], T], patience: RetryPolicy, tell: Callable[[str], None]) -> T:
    """Do something until it succeeds.

    Args:
        what: what is being done, for the message.
        act: does it; RetryableError has it done again.
        patience: how long.
        tell: told why it is done again; the same reason once.

    Raises:
        AgentError: it did not succeed in time.
    """
    end = patience.now() + patience.seconds
    wait = patience.first
    told = ""
    while True:
        try:
            return act()
        except RetryableError as error:
            reason = str(error)
            if patience.now() + wait > end:
                raise AgentError(f"{what}: {reason}; gave up after {patience.seconds:.0f} s") from error
            if reason != told:
                tell(f"{what}: {reason}; trying again")
                told = reason
        # Instances that were refused together must not come back together.
        patience.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret
        wait = min(wait * 2, patience.longest)
