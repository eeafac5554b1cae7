"""Results that one process of a test run computes for all: pickled in a folder that ends with the run."""

import os
import pickle
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

VARIABLE = "TRIPOD_SHARED_RESULTS"
"""Names the folder in the environment of a run's processes; without it nothing is shared."""

T = TypeVar("T")


def shared(key: str, make: Callable[[], T]) -> T:
    """Return what `make` returns for this key: the first process computes it, and each caller gets its own copy."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return make()
    result = Path(folder) / sha256(key.encode()).hexdigest()
    with result.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not result.exists():
            made = pickle.dumps(make())
            result.write_bytes(made)
    return pickle.loads(result.read_bytes())  # noqa: S301 - our own run's
