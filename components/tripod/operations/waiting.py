"""Waits for a state of AWS or of the cluster, with backoff and a time limit."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tripod.bootstrap.agent.core.errors import AgentError, RetryableError
from tripod.bootstrap.agent.core.retry import RetryPolicy, retry
from tripod.operations.errors import OperationError
from tripod.operations.inventory import NoClusterError

T = TypeVar("T")

Log = Callable[[str], None]
"""Takes progress, a line at a time."""


class NotYetError(RetryableError):
    """The awaited result is not there yet. The message has the present state."""


def await_result(subject: str, check: Callable[[], T], retry_policy: RetryPolicy, log: Log, hint: str = "") -> T:
    """Check until there is a result.

    Args:
        subject: a name of the awaited result, for messages.
        check: returns the result, or raises NotYetError.
        retry_policy: intervals and time limit.
        log: takes the reasons of the wait; the same reason once.
        hint: the state after a timeout and the remedy, for the error's message.

    Raises:
        OperationError: there was none in time.
    """
    try:
        return retry(subject, check, retry_policy, log)
    except AgentError as error:
        raise OperationError(f"{error}. {hint}" if hint else str(error)) from error


def retry_transient(check: Callable[[], T]) -> Callable[[], T]:
    """A check that is retried after transient errors.

    While nodes are replaced any of them may be silent, and AWS may throttle.
    """

    def checked() -> T:
        try:
            return check()
        except (OperationError, NoClusterError, BotoCoreError, ClientError) as error:
            raise NotYetError(str(error)) from error

    return checked
