"""promtool and external-dns, built from their Go modules where they have never been."""

from pathlib import Path
from typing import Any

import pytest

import binaries


def _built(request: pytest.FixtureRequest, module: str, name: str) -> Path:
    reason = binaries.missing([module])
    if reason:
        pytest.skip(reason)
    # Building takes minutes, and says how far it is: not something to capture.
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return binaries.binaries(modules=[module]) / name


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> Path:
    return _built(request, "prometheus", "promtool")


@pytest.fixture(scope="session")
def external_dns(request: pytest.FixtureRequest) -> Path:
    return _built(request, "external-dns", "external-dns")
