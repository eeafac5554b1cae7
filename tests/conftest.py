"""For every tier: results that processes share, and AWS' models read once a process."""

import gc
import os
from functools import cache
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import botocore.session
import pytest

from support.shared import VARIABLE

# Otherwise each of a process' sessions reads and parses megabytes of them again.
_session: Any = botocore.session
_session.create_loader = cache(_session.create_loader)


# Nearly all that a test makes stays until it ends: to look for garbage took a third of a run.
gc.set_threshold(200_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    # A worker has its parent's environment.
    if not hasattr(config, "workerinput"):
        os.environ[VARIABLE] = mkdtemp(prefix="tripod-shared-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        rmtree(os.environ.pop(VARIABLE))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "account" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.emulated)
