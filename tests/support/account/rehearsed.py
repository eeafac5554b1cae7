"""Stacks created in an emulated account, which a test may break without another noticing."""

import gc
import os
import pickle
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import boto3
import pytest

from support.account.in_process import emulated_aws_in_process
from support.stacks.planned import Change, config_of, project, settings_of
from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import Outcome, verify
from tripod.rehearsal.moto_backend import MotoBackend
from tripod.rehearsal.program import Recording, record
from tripod.stack.aws_clients import EMULATED_CREDENTIALS, Clients

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True)
class Rehearsed:
    """A stack that has been created in the emulated account of this process.

    Attributes:
        recording: what was declared.
        region: its region.
        cluster: its cluster's name.
    """

    recording: Recording
    region: str
    cluster: str

    def in_a_copy(self, act: Callable[["Copy"], T]) -> T:
        """Do something in a copy of the account, and return what it returns.

        The emulator's state is this process' memory: a forked child has it all, and takes its changes with it.
        """
        return _in_a_child(lambda: self._in_child(act))

    def _in_child(self, act: Callable[["Copy"], T]) -> T:
        with emulated_aws_in_process() as address:
            return act(Copy(address, self.region, self.cluster))


@dataclass(frozen=True)
class _Failure:
    traceback: str


def _in_a_child(act: Callable[[], T]) -> T:
    """Do something in a forked child, and return what it returns."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # It ends before garbage could fill its memory, and to look for some would copy its parent's.
        gc.disable()
        _answer(writer, act)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = pickle.loads(answers.read())  # noqa: S301 - our own child's
    os.waitpid(child, 0)
    if isinstance(answer, _Failure):
        pytest.fail(answer.traceback)
    return answer


def with_an_account_of_its_own(test: Callable[P, None]) -> Callable[P, None]:
    """Run a test in a forked child: it empties and fills an account that no other test has.

    The emulated account is this process' memory, and the stack that all other tests share lies there.
    """

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _in_a_child(lambda: test(*args, **kwargs))

    return run


def _answer(writer: int, act: Callable[[], object]) -> None:
    """Write what an act returns, and end this process without its parent's farewells."""
    try:
        answer: object = act()
    except BaseException:
        answer = _Failure(traceback.format_exc())
    with os.fdopen(writer, "wb") as answers:
        pickle.dump(answer, answers)
    os._exit(0)


@dataclass(frozen=True)
class Copy:
    """A copy of a rehearsed account, and a boto3 client of the test's own for it."""

    address: str
    region: str
    cluster: str

    def client(self, service: str) -> Any:
        session: Any = boto3
        return session.client(service, region_name=self.region, endpoint_url=self.address, **EMULATED_CREDENTIALS)

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def verify(self) -> list[Outcome]:
        return verify(ClusterInventory(Clients(self.address), self.region, self.cluster))

    def broken(self) -> dict[str, list[str]]:
        """Check → what breaks it, of those that are broken."""
        return {
            outcome.check.id: [f"{one.subject}: {one.evidence}" for one in outcome.failures]
            for outcome in self.verify()
            if not outcome.passed
        }


@contextmanager
def rehearsed_stack(
    stack: str, settings: Mapping[str, Any] | None = None, prepare: Callable[[Copy], Change] | None = None
) -> Generator[Rehearsed]:
    """Create a stack in this process' emulated account, which is emptied before and after.

    Args:
        stack: the stack's name.
        settings: its settings; by default its file's.
        prepare: what is made in the account before, and how it changes the settings.
    """
    chosen = deepcopy(dict(settings or settings_of(stack)))
    region, cluster = chosen["aws:region"], chosen["tripod:cluster"]["name"]
    with emulated_aws_in_process() as address:
        forget_everything(address)
        if prepare:
            prepare(Copy(address, region, cluster))(chosen)
        recording = record(project(), stack, config_of(chosen), MotoBackend(Clients(address), region))
        yield Rehearsed(recording, region, cluster)
        forget_everything(address)


def forget_everything(address: str) -> None:
    """Empty the emulated account."""
    from urllib.request import Request, urlopen  # noqa: PLC0415

    with urlopen(Request(f"{address}/moto-api/reset", method="POST")):  # noqa: S310 - loopback
        pass
