"""promtool, built from its Go module where it has never been."""

from pathlib import Path
from typing import Any

import pytest

import binaries

MODULES = ["prometheus"]


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> Path:
    reason = binaries.missing(MODULES)
    if reason:
        pytest.skip(reason)
    # Building takes minutes, and says how far it is: not something to capture.
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return binaries.binaries(modules=MODULES) / "promtool"
