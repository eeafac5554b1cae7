"""Renewal of every certificate before its time: one node after another, each healthy before the next."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.errors import OperationError, Refusal, RefusedError
from tripod.operations.fleet import WORKERS, Fleet, Node, health_refusals
from tripod.operations.remote import Remote, ask
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient

RENEW_NOW = "renew-now"
"""The agent's command on every instance: renew its certificates though it is not time, and restart what uses them."""

RENEW_SECONDS = 1800

PUBLISH_TOKEN = "rotate-join-token"  # noqa: S105
"""The agent's command on a control-plane node: publish another token for workers, and take the others back."""


@dataclass(frozen=True)
class RenewalPlan:
    """A plan.

    Attributes:
        nodes: one after another.
        refusals: reasons not to begin it; empty if it may begin.
    """

    nodes: tuple[Node, ...]
    refusals: tuple[Refusal, ...]


def renewal_plan(fleet: Fleet) -> RenewalPlan:
    """Plan a renewal: members of etcd, the leader last, then the control plane, then workers."""
    # What goes already needs no certificate any more.
    serving = (node for node in fleet.nodes if node.in_service)
    nodes = tuple(sorted(serving, key=lambda node: (*fleet.place(node), node.instance)))
    return RenewalPlan(nodes, tuple(health_refusals(fleet, {group.name for group in fleet.of_role(WORKERS)})))


@dataclass(frozen=True)
class Renewer:
    """Carries a renewal out.

    Attributes:
        observe: observes the cluster anew.
        remote: reaches the nodes.
        retry_policy: limits of the wait for a healthy node.
        log: takes lines of progress.
    """

    observe: Callable[[], Fleet]
    remote: Remote
    retry_policy: RetryPolicy
    log: Log

    def renew(self) -> list[str]:
        """Renew on one node after another, and return the instances where it was done.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: it stopped; the message says where.
        """
        plan = renewal_plan(self.observe())
        if plan.refusals:
            raise RefusedError(plan.refusals)
        done: list[str] = []
        for node in plan.nodes:
            try:
                answer = ask(self.remote, node.instance, RENEW_NOW, {}, RENEW_SECONDS)
                self._await_well(node)
            except OperationError as error:
                left = len(plan.nodes) - len(done) - 1
                raise OperationError(
                    f"{error}. The renewal stopped there; {left} more were to follow, and go on with what they have. "
                    "Mend it, then run it again: it begins anew, and renews what is renewed once more"
                ) from error
            done.append(node.instance)
            self.log(f"{len(done)} of {len(plan.nodes)}: {node.group} {node.instance}: {answer.get('said', 'renewed')}")
        return done

    def _await_well(self, node: Node) -> None:
        """Wait until nothing is unhealthy.

        Raises:
            OperationError: it was not in time.
        """

        def check() -> None:
            for refusal in renewal_plan(self.observe()).refusals:
                raise NotYetError(str(refusal))

        await_result(
            f"the cluster after {node.group} {node.instance}", retry_transient(check), self.retry_policy, self.log
        )
