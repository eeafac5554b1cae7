"""A rehearsed account, shared by a whole run and copied for each test that changes it."""

from collections.abc import Generator

import pytest

from support.rehearsed import Rehearsed, rehearsed_stack


@pytest.fixture(scope="session")
def local() -> Generator[Rehearsed]:
    """The local stack, created in an emulated account."""
    with rehearsed_stack("local") as rehearsed:
        yield rehearsed
