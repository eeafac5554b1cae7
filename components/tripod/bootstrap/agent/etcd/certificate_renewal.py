"""Renewal of a member's certificate before it is due, by an operator."""

from dataclasses import replace
from datetime import timedelta

from ..host.certificates import DAYS
from ..host.command_io import answer
from ..instance.context import Agent
from .member import renew


def renew_member_now(agent: Agent) -> str:
    """Renew a member's certificate. etcd reads it at the next handshake.

    Raises:
        AgentError: the authority is not the one that the running member trusts.
    """
    # As if it had expired: the certificate itself is signed by the system clock.
    return answer(said=renew(replace(agent, now=lambda: agent.now() + timedelta(days=DAYS))))
