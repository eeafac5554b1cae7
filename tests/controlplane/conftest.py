"""Fixtures of the control-plane tests: the binaries, a network namespace, and a cluster's network for each test."""

from collections.abc import Callable, Generator
from pathlib import Path
from shutil import which
from typing import Any

import pytest

import binaries
from support.account.rehearsed import Copy, rehearsed_stack
from support.controlplane.etcd_agent import form
from support.controlplane.instances.namespace import NEEDED, NotPermittedError, private_network
from support.controlplane.network import VPC, Network
from support.controlplane.stack_cluster import StackCluster, forget
from support.controlplane.stack_members import Members, stack_members
from support.stacks.planned import changed
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.bootstrap.agent.etcd import etcdctl
from tripod.rehearsal.moto_server import emulated_aws
from tripod.stack.aws_clients import EMULATED_CREDENTIALS

_MEASURED = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Path:
    """The folder with etcd's and Kubernetes' binaries; built now where they have never been."""
    reason = binaries.missing()
    if reason:
        pytest.skip(reason)
    # Building takes minutes, and says how far it is: not something to capture.
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        return binaries.binaries()


@pytest.fixture(scope="package")
def namespace(programs: Path) -> Generator[None]:
    """The VPC; the test process is in it until other tiers' tests follow. After the build, which needs the Internet."""
    absent = [command for command in NEEDED if which(command) is None]
    if absent:
        pytest.skip(f"no {', '.join(absent)} on PATH")
    try:
        with private_network(VPC):
            yield
    except NotPermittedError as error:
        pytest.skip(str(error))


@pytest.fixture
def network(namespace: None, programs: Path, tmp_path: Path) -> Generator[Network]:
    """A cluster's network, empty."""
    made = Network(tmp_path, programs)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def stack(namespace: None) -> Generator[Copy]:
    """The local stack in an emulated account, which is in the tests' network as they are."""
    settings = changed("local", lambda values: values.pop("tripod:peers"))
    with rehearsed_stack("local", settings) as made, emulated_aws() as address:
        yield Copy(address, made.region, made.cluster)


@pytest.fixture
def cluster(stack: Copy, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[StackCluster]:
    """Its members, as one cluster."""
    for name, value in EMULATED_CREDENTIALS.items():
        monkeypatch.setenv(name.upper(), value)
    # Members that are down are asked often here.
    monkeypatch.setattr(etcdctl, "SECONDS", 2)
    monkeypatch.setattr("tripod.cli.commands.common.retry_policy", quick_retries)
    with stack_members(stack, tmp_path, programs) as members:
        form(members)
        yield StackCluster(stack, Members(members))
    forget(stack)


def quick_retries(minutes: int) -> RetryPolicy:
    return RetryPolicy(60 * minutes, 0.2, 1)


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note a figure, to be printed when all tests are done."""
    return request.config.stash.setdefault(_MEASURED, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(_MEASURED, ()):
        terminalreporter.write_line(f"measured: {line}")
