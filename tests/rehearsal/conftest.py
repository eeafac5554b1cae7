"""A rehearsed account, shared by a whole run and copied for each test that changes it."""

from collections.abc import Generator

import pytest

from support.account.rehearsed import Rehearsed, rehearsed_stack


# For every test: children of this process that need another account begin with AWS' models and moto loaded.
@pytest.fixture(scope="session", autouse=True)
def local() -> Generator[Rehearsed]:
    """The local stack, created in an emulated account."""
    with rehearsed_stack("local") as rehearsed:
        yield rehearsed
