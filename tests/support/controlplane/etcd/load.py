"""Writes that go on while members fail, and the record of those that were acknowledged."""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from types import TracebackType

from support.controlplane.etcd.client import Client, Credentials, RefusedError
from support.controlplane.instances.waiting import until

PREFIX = "load/"

PAUSE_SECONDS = 0.005
PAUSE_AFTER_FAILURE_SECONDS = 0.02


@dataclass
class WriteResults:
    """Record of writes: acknowledged, refused, or without an answer.

    Attributes:
        acknowledged: key → the value and revision that were acknowledged.
        times: when each was, by the monotonic clock.
        refused: how many writes a member refused.
        unknown: how many writes ended without an answer: they may be there or not.
    """

    acknowledged: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    times: list[float] = field(default_factory=list[float])
    refused: int = 0
    unknown: int = 0

    def lost(self, found: dict[str, tuple[str, int]]) -> list[str]:
        """Acknowledged writes that are not there as they were: gone, or of another value or revision."""
        return [
            f"{key}: {said} was acknowledged, {found.get(key)} is there"
            for key, said in self.acknowledged.items()
            if found.get(key) != said
        ]

    def longest_pause(self, after: float) -> float:
        """The longest time without an acknowledgement from a moment on."""
        times = [after, *sorted(time for time in self.times if time > after)]
        return max(later - earlier for earlier, later in pairwise(times))


class Load:
    """Writers that put one key after another, each to the next member when one fails.

    Attributes:
        book: what was acknowledged so far.
    """

    def __init__(self, addresses: Sequence[str], credentials: Credentials, name: str, writers: int = 4) -> None:
        self.book = WriteResults()
        self._addresses = addresses
        self._credentials = credentials
        self._over = threading.Event()
        self._unpaused = threading.Event()
        self._unpaused.set()
        self._lock = threading.Lock()
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._write, args=(f"{PREFIX}{name}/{number}/", number), daemon=True)
            for number in range(writers)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._unpaused.set()
        for thread in self._threads:
            thread.join(30)
        if self._failures and error is None:
            raise self._failures[0]

    def wait_for_more(self, writes: int) -> None:
        """Wait until some more writes were acknowledged."""
        wanted = len(self.book.times) + writes
        until(f"{writes} more acknowledged writes", lambda: self._failures or len(self.book.times) >= wanted)
        if self._failures:
            raise self._failures[0]

    @contextmanager
    def paused(self) -> Generator[None]:
        """Have nothing written, but for what is under way."""
        self._unpaused.clear()
        try:
            yield
        finally:
            self._unpaused.set()

    def _write(self, prefix: str, first: int) -> None:
        try:
            self._write_until_over(prefix, first)
        except BaseException as error:
            # A writer that fails must fail its test, which runs in another thread.
            self._failures.append(error)

    def _write_until_over(self, prefix: str, first: int) -> None:
        # A write without an answer in a second is given up: were it to wait, a pause would seem longer than it was.
        context = self._credentials.context()
        clients = [Client(address, context, seconds=1) for address in self._addresses]
        turn = first
        for number in count():
            self._unpaused.wait()
            # More than some hundred writes a second prove no more, and starve what else runs here.
            if self._over.wait(PAUSE_SECONDS):
                break
            key, value = f"{prefix}{number}", f"{number}-{time.monotonic_ns()}"
            try:
                revision = clients[turn % len(clients)].put(key, value)
            except OSError as error:
                turn += 1
                with self._lock:
                    self.book.refused += isinstance(error, RefusedError)
                    self.book.unknown += not isinstance(error, RefusedError)
                self._over.wait(PAUSE_AFTER_FAILURE_SECONDS)
            else:
                with self._lock:
                    self.book.acknowledged[key] = (value, revision)
                    self.book.times.append(time.monotonic())
        for client in clients:
            client.close()
