"""Time for tests."""

from collections.abc import Callable

from tripod.bootstrap.agent.core.retry import RetryPolicy


class Clock:
    """Time that passes only by sleeping.

    Attributes:
        time: seconds since the start.
        waits: how long each sleep was.
        events: second → an action that the first sleep past it takes.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self.events: dict[float, Callable[[], object]] = {}

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds
        for moment in sorted(moment for moment in self.events if moment <= self.time):
            self.events.pop(moment)()

    def patience(self, seconds: float = 600) -> RetryPolicy:
        return RetryPolicy(seconds, sleep=self.sleep, now=lambda: self.time)
