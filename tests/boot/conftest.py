"""Fixtures of the boot tests: the machine's image, the binaries, and a network of their own."""

import os
from collections.abc import Callable, Generator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

import binaries
import machine_image
from support.controlplane.instances.namespace import NEEDED, NotPermittedError, private_network
from support.controlplane.network import VPC

_MEASURED = pytest.StashKey[list[str]]()
_MEASURED_THERE = "measured"


def _missing() -> str | None:
    """Return the reason why no machine can boot here; None where one can."""
    absent = [command for command in NEEDED if which(command) is None]
    if absent:
        return f"no {', '.join(absent)} on PATH"
    if not os.access("/dev/net/tun", os.W_OK):
        return "/dev/net/tun cannot be opened (are you root?)"
    return machine_image.missing() or binaries.missing()


@pytest.fixture(scope="session")
def built(request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """The folders with the machine's image and with etcd's binaries; built now where they have never been."""
    reason = _missing()
    if reason:
        pytest.skip(reason)
    # Building takes minutes, and says how far it is: not something to capture.
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return machine_image.machine_image(), binaries.binaries()


@pytest.fixture(scope="session")
def router(built: tuple[Path, Path]) -> Generator[str]:
    """The address of the VPC's router, which is the test's own; the process is in the VPC until the session ends."""
    try:
        with private_network(VPC):
            yield str(next(VPC.hosts()))
    except NotPermittedError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a figure, to be printed when all tests are done."""
    return request.config.stash.setdefault(_MEASURED, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Of one of several processes, whose terminal nobody sees.
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_MEASURED_THERE] = session.config.stash.setdefault(_MEASURED, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    output: dict[str, Any] = getattr(node, "workeroutput", {})
    node.config.stash.setdefault(_MEASURED, []).extend(output.get(_MEASURED_THERE, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_MEASURED, ()):
        terminalreporter.write_line(f"measured: {line}")
