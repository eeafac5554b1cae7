"""Quorum check of etcd: a control-plane node needs a quorum, not every member."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPException
from urllib.request import urlopen

from ..core.errors import RetryableError
from ..etcd.urls import client_url
from ..host.host import Host
from ..instance.context import Agent
from ..instance.topology import topology
from .stored_values import tls_context

SECONDS = 5
"""Seconds that a member may take to answer."""

HealthQuery = Callable[[str], str]
"""Queries a member by its address; returns why it is unhealthy, empty if it is healthy."""


@dataclass(frozen=True)
class Quorum:
    """Health of the members that were queried.

    Attributes:
        healthy: healthy members: each has just completed a read that a majority confirmed.
        unhealthy: member → reason.
    """

    healthy: tuple[str, ...]
    unhealthy: dict[str, str]

    @property
    def exists(self) -> bool:
        """True if there is a quorum. One healthy member proves it, since its answer took a majority."""
        return bool(self.healthy)

    def __str__(self) -> str:
        said = "".join(f"; {address}: {reason}" for address, reason in self.unhealthy.items())
        return f"{len(self.healthy)} of {len(self.healthy) + len(self.unhealthy)} members are well{said}"


def quorum(addresses: Iterable[str], query: HealthQuery) -> Quorum:
    """Query members, and keep the reasons of unhealthy ones."""
    unhealthy: dict[str, str] = {}
    healthy: list[str] = []
    for address in addresses:
        reason = query(address)
        if reason:
            unhealthy[address] = reason
        else:
            healthy.append(address)
    return Quorum(tuple(healthy), unhealthy)


def query_health(host: Host, address: str) -> str:
    """Query a member's health, over TLS with the API server's own certificate.

    Args:
        host: the instance with the certificates.
        address: the member's.

    Returns:
        The reason why it is unhealthy; empty if it is healthy.
    """
    try:
        with urlopen(f"{client_url(address)}/health", timeout=SECONDS, context=tls_context(host)) as answer:  # noqa: S310
            said = json.loads(answer.read())
    except (OSError, HTTPException, ValueError) as error:
        return str(error)
    return "" if said.get("health") == "true" else str(said.get("reason") or "it says that it is not healthy")


def await_quorum(agent: Agent, query: HealthQuery | None = None) -> str:
    """Wait for a quorum of etcd.

    Raises:
        AgentError: there was none in time.
    """
    # The list of members may have changed since this instance's last try.
    members = tuple(topology(agent).values())

    def check() -> Quorum:
        found = quorum(members, query or (lambda address: query_health(agent.host, address)))
        if not found.exists:
            raise RetryableError(str(found))
        return found

    return str(agent.retry("quorum of etcd", check))
