"""Time for tests."""

from tripod.bootstrap.agent.core.retry import RetryPolicy


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    def patience(self, seconds: float = 600) -> RetryPolicy:
        return RetryPolicy(seconds, sleep=self.sleep, now=lambda: self.time)
