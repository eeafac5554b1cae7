"""Packages of the operating system, installed without questions and beside other users of apt."""

import importlib
from collections.abc import Sequence

from ..core.errors import RetryableError
from ..host.host import CommandError, Host
from .context import Agent

LOCK_SECONDS = 300
"""Seconds that apt waits for its lock: unattended upgrades hold it for minutes after a first boot."""

_OPTIONS = (
    "-o",
    f"DPkg::Lock::Timeout={LOCK_SECONDS}",
    "-o",
    "Dpkg::Options::=--force-confold",
    "-o",
    "Acquire::Retries=3",
)
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}


def install_packages(agent: Agent, names: Sequence[str]) -> str:
    """Install packages that are not installed yet.

    Raises:
        AgentError: apt did not succeed in time.
    """
    missing = [name for name in names if not _is_installed(agent.host, name)]
    if not missing:
        return f"{', '.join(names)} are there"
    agent.retry(f"packages {' '.join(missing)}", lambda: _install(agent.host, missing))
    # Python's libraries may be among them, and it remembers which modules there were.
    importlib.invalidate_caches()
    return f"installed {', '.join(missing)}"


def _is_installed(host: Host, name: str) -> bool:
    try:
        return host.run("dpkg-query", "--show", "--showformat=${db:Status-Status}", name) == "installed"
    except CommandError:
        return False


def _install(host: Host, names: Sequence[str]) -> None:
    try:
        # An interrupted boot may have interrupted dpkg.
        host.run("dpkg", "--configure", "-a", "--force-confold", environment=_ENVIRONMENT)
        host.run("apt-get", *_OPTIONS, "update", environment=_ENVIRONMENT)
        host.run("apt-get", *_OPTIONS, "install", "--yes", "--no-install-recommends", *names, environment=_ENVIRONMENT)
    except CommandError as error:
        raise RetryableError(str(error)) from error
