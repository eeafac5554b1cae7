"""Whether a cluster is what it should be: every promise, looked at in AWS.

Only AWS is read, never the plan: what was declared is not evidence of what is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import api, encryption, etcd, network, nodes, peering, perimeter, rights, tags
from tripod.operations.verify.check import AwsCheck, Check, Failed, Passed, Place

CHECKS: tuple[AwsCheck, ...] = (
    *etcd.CHECKS,
    *nodes.CHECKS,
    *api.CHECKS,
    *network.CHECKS,
    *peering.CHECKS,
    *perimeter.CHECKS,
    *encryption.CHECKS,
    *rights.CHECKS,
    *tags.CHECKS,
)
"""Every check, in the order in which a reader wants to know."""


@dataclass(frozen=True)
class Outcome:
    """What became of one check.

    Attributes:
        check: the check.
        broken: what breaks its promise; empty where it is kept.
        evidence: what was seen, where it is kept.
    """

    check: Check[Any]
    broken: tuple[Failed, ...]
    evidence: str

    @property
    def passed(self) -> bool:
        """Whether the promise is kept."""
        return not self.broken


def verify(account: ClusterInventory, on_done: Callable[[Outcome], None] | None = None) -> list[Outcome]:
    """Look at every promise that AWS shows.

    Args:
        account: the cluster, as AWS has it.
        on_done: called with each outcome when it is known.

    Raises:
        NoClusterError: there is no such cluster.
    """
    return run_checks(CHECKS, account, on_done)


def run_checks(
    checks: Iterable[Check[Place]], place: Place, on_done: Callable[[Outcome], None] | None = None
) -> list[Outcome]:
    """Look at some promises.

    Args:
        checks: the promises.
        place: where they are looked at.
        on_done: called with each outcome when it is known.
    """
    outcomes: list[Outcome] = []
    for check in checks:
        findings = list(check.look(place))
        broken = tuple(finding for finding in findings if isinstance(finding, Failed))
        kept = [finding.evidence for finding in findings if isinstance(finding, Passed)]
        outcomes.append(Outcome(check, broken, "; ".join(kept)))
        if on_done:
            on_done(outcomes[-1])
    return outcomes
