"""Secrets that are written all the time, with a record of the refused ones."""

import base64
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from support.controlplane.caller import Caller

_PATH = "/api/v1/namespaces/default/secrets"
_LABEL, _VALUE = "written-by", "secret-writes"


class SecretWrites:
    """Record of Secrets that were written, and of failures.

    Attributes:
        written: Secret → its one word, of those that the server says it has.
        failed: what went wrong.
    """

    def __init__(self) -> None:
        self.written: dict[str, str] = {}
        self.failed: list[str] = []


@contextmanager
def secret_writes(prefix: str, callers: Callable[[int], Caller], seconds: float = 0.25) -> Generator[SecretWrites]:
    """Write while a block runs.

    Args:
        prefix: how the Secrets' names begin.
        callers: the number of a write → who makes it.
        seconds: between two writes.
    """
    writes, stopped = SecretWrites(), threading.Event()

    def write() -> None:
        number = 0
        while not stopped.wait(seconds):
            number += 1
            _write(writes, f"{prefix}-{number}", callers(number))

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield writes
    finally:
        stopped.set()
        thread.join()


def _write(writes: SecretWrites, name: str, caller: Caller) -> None:
    word = f"word-of-{name}"
    metadata = {"name": name, "labels": {_LABEL: _VALUE}}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"word": word}}
    try:
        answer = caller.ask("POST", _PATH, body, seconds=5)
    except OSError as error:
        writes.failed.append(f"{name}: {error}")
        return
    if answer.status == 201:
        writes.written[name] = word
    else:
        writes.failed.append(f"{name}: {answer.status} {answer.message}")


def read_values(caller: Caller) -> Mapping[str, str]:
    """Secret → its word, as a server reads it."""
    items = caller.ask("GET", _PATH).body["items"]
    found = {one["metadata"]["name"]: one.get("data", {}).get("word") for one in items}
    return {name: base64.b64decode(word).decode() for name, word in found.items() if word is not None}


def delete_all(caller: Caller) -> None:
    """Delete what was written."""
    assert caller.ask("DELETE", f"{_PATH}?labelSelector={_LABEL}={_VALUE}").status == 200
