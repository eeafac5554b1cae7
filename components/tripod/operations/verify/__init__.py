"""Checks of a running cluster in AWS.

Only AWS is read, never the plan: a declaration is no evidence of the present state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tripod.operations.inventory import ClusterInventory
from tripod.operations.verify import api, encryption, etcd, issuer, network, nodes, peering, perimeter, rights, tags
from tripod.operations.verify.check import AwsCheck, Check, Failed, Passed, Subject

CHECKS: tuple[AwsCheck, ...] = (
    *etcd.CHECKS,
    *nodes.CHECKS,
    *api.CHECKS,
    *network.CHECKS,
    *peering.CHECKS,
    *perimeter.CHECKS,
    *encryption.CHECKS,
    *rights.CHECKS,
    *issuer.CHECKS,
    *tags.CHECKS,
)
"""Every check, in the order of the report."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check.

    Attributes:
        check: the check.
        failures: the findings that fail it; empty if it passed.
        evidence: the state as read, if it passed.
    """

    check: Check[Any]
    failures: tuple[Failed, ...]
    evidence: str

    @property
    def passed(self) -> bool:
        """True if nothing failed."""
        return not self.failures


def verify(inventory: ClusterInventory, on_done: Callable[[Outcome], None] | None = None) -> list[Outcome]:
    """Run every check that reads AWS.

    Args:
        inventory: the cluster, as AWS has it.
        on_done: called with each outcome when it is known.

    Raises:
        NoClusterError: there is no such cluster.
    """
    return run_checks(CHECKS, inventory, on_done)


def run_checks(
    checks: Iterable[Check[Subject]], subject: Subject, on_done: Callable[[Outcome], None] | None = None
) -> list[Outcome]:
    """Run checks.

    Args:
        checks: the checks.
        subject: the object that they read.
        on_done: called with each outcome when it is known.
    """
    outcomes: list[Outcome] = []
    for check in checks:
        findings = list(check.run(subject))
        failures = tuple(finding for finding in findings if isinstance(finding, Failed))
        passed = [finding.evidence for finding in findings if isinstance(finding, Passed)]
        outcomes.append(Outcome(check, failures, "; ".join(passed)))
        if on_done:
            on_done(outcomes[-1])
    return outcomes
