"""Waiting for something in AWS or in the cluster: with backoff and an end."""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tripod.bootstrap.agent.core.errors import AgentError, RetryableError
from tripod.bootstrap.agent.core.retry import RetryPolicy, retry
from tripod.operations.errors import OperationError
from tripod.operations.inventory import NoClusterError

T = TypeVar("T")

Tell = Callable[[str], None]
"""Told what happens, a line at a time."""


class NotYetError(RetryableError):
    """What is waited for is not there yet. The message says what was seen instead."""


def await_result(what: str, look: Callable[[], T], patience: RetryPolicy, tell: Tell) -> T:
    """Look until there is a result.

    Args:
        what: what is waited for.
        look: returns the result, or raises NotYetError.
        patience: how long.
        tell: told why it takes long; the same reason once.

    Raises:
        OperationError: there was none in time.
    """
    try:
        return retry(what, look, patience, tell)
    except AgentError as error:
        raise OperationError(str(error)) from error


def retry_transient(look: Callable[[], T]) -> Callable[[], T]:
    """A look that is tried again where nobody answered.

    While nodes are replaced any of them may be silent, and AWS may throttle.
    """

    def looked() -> T:
        try:
            return look()
        except (OperationError, NoClusterError, BotoCoreError, ClientError) as error:
            raise NotYetError(str(error)) from error

    return looked
