"""Operator stop of etcd: it stays stopped, also after a reboot, until an operator starts it."""

from typing import TextIO

from ..core.errors import AgentError, RetryableError
from ..host.command_io import answer
from ..host.host import Host
from ..host.lock import acquire
from ..instance.context import Agent
from .config import OPERATOR_STOP, RESTORED, UNIT, UNIT_FILE

LOCK = "/run/tripod/member.lock"
"""The lock of commands that change a member's data or configuration."""


def lock_member(host: Host) -> TextIO:
    """Keep a boot and an operator's command from changing a member at the same time.

    Raises:
        RetryableError: another command holds the lock.
    """
    return acquire(host, LOCK, RetryableError("another command of the agent is at work on this member"))


def require_no_operator_stop(host: Host) -> None:
    """Refuse to continue while an operator has stopped etcd.

    Raises:
        RetryableError: it is stopped.
    """
    if is_stopped_by_operator(host):
        raise RetryableError(
            "an operator has stopped etcd here: `tripod restore` goes on from there, and without a restore "
            "`cd /opt/tripod && python3 -m agent start-etcd` starts it"
        )


def is_stopped_by_operator(host: Host) -> bool:
    """True if an operator has stopped etcd."""
    return host.path(OPERATOR_STOP).exists()


def stop_service(host: Host) -> None:
    """Stop etcd, be it running, waiting for a majority or for its volume. Without a unit, nothing runs."""
    if host.read(UNIT_FILE) is not None:
        host.run("systemctl", "daemon-reload")
        host.run("systemctl", "stop", UNIT)


def stop_etcd(agent: Agent) -> str:
    """Stop etcd until `start-etcd`.

    Raises:
        AgentError: etcd does not stop.
    """
    # First of all, so that a boot that is at work does not start it after this.
    agent.host.write(OPERATOR_STOP, "by `stop-etcd`\n")
    with agent.retry("stop-etcd", lambda: lock_member(agent.host)):
        stop_service(agent.host)
    return answer(stopped=True)


def start_etcd(agent: Agent) -> str:
    """Start etcd that `stop-etcd` has stopped, without waiting: a member answers when there is a majority.

    Raises:
        AgentError: systemd refuses.
    """
    host = agent.host
    with agent.retry("start-etcd", lambda: lock_member(host)):
        # From here on the data count as etcd's own: a later restore keeps a copy.
        host.path(RESTORED).unlink(missing_ok=True)
        host.path(OPERATOR_STOP).unlink(missing_ok=True)
        if host.read(UNIT_FILE) is None:
            return answer(started=False, reason="this member was never configured: its boot goes on, and starts it")
        host.run("systemctl", "daemon-reload")
        host.run("systemctl", "enable", UNIT)
        host.run("systemctl", "start", "--no-block", UNIT)
    return answer(started=True)


def require_operator_stop(host: Host) -> None:
    """Refuse to continue unless an operator has stopped etcd.

    Raises:
        AgentError: etcd is not stopped.
    """
    if not is_stopped_by_operator(host):
        raise AgentError("etcd is not stopped on this instance: `stop-etcd` comes first, and `tripod restore` calls it")
