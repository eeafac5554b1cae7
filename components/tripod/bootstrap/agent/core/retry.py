"""Retries with exponential backoff and a time limit."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import AgentError, RetryableError

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """Waits and time limit of retries.

    Attributes:
        seconds: the time limit.
        first: seconds before the second try; each wait is twice the one before.
        longest: the longest wait between two tries, in seconds.
        sleep: waits some seconds.
        now: a monotonic clock, in seconds.
    """

    seconds: float = 600
    first: float = 1
    longest: float = 30
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic


def retry(what: str, act: Callable[[], T], policy: RetryPolicy, log: Callable[[str], None]) -> T:
    """Do something until it succeeds.

    Args:
        what: the operation's name, for messages.
        act: the operation; a RetryableError repeats it.
        policy: waits and time limit.
        log: writes a line into the log: why it is repeated, the same reason once.

    Raises:
        AgentError: it did not succeed in time.
    """
    end = policy.now() + policy.seconds
    wait = policy.first
    logged = ""
    while True:
        try:
            return act()
        except RetryableError as error:
            reason = str(error)
            if policy.now() + wait > end:
                raise AgentError(f"{what}: {reason}; gave up after {policy.seconds:.0f} s") from error
            if reason != logged:
                log(f"{what}: {reason}; trying again")
                logged = reason
        # Instances that were refused together must not come back together.
        policy.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - no secret
        wait = min(wait * 2, policy.longest)
