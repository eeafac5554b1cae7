"""A member's certificate that is renewed because somebody wants it, and not because it is time."""

from dataclasses import replace
from datetime import timedelta

from ..host.certificates import DAYS
from ..host.command_io import answer
from ..instance.context import Agent
from .member import renew


def renew_member_now(agent: Agent) -> str:
    """Renew a member's certificate. etcd reads it at the next handshake.

    Raises:
        AgentError: the authority is another than the one that the running member trusts.
    """
    # As if its life were over: the certificate itself is signed by the machine's clock.
    return answer(said=renew(replace(agent, now=lambda: agent.now() + timedelta(days=DAYS))))
