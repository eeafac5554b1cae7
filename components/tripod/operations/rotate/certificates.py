"""Renewing every certificate of a cluster before its time: one node after another, each well before the next."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.errors import OperationError, Refusal, RefusedError
from tripod.operations.fleet import ETCD, ORDER, WORKERS, Fleet, Node, health_refusals
from tripod.operations.remote import Remote, ask
from tripod.operations.waiting import NotYetError, Tell, await_result, retry_transient

RENEW_NOW = "renew-now"
"""The agent's command on every instance: renew its certificates though it is not time, and restart what uses them."""

RENEW_SECONDS = 1800

PUBLISH_TOKEN = "rotate-join-token"  # noqa: S105
"""The agent's command on a control-plane node: publish another token for workers, and take the others back."""


@dataclass(frozen=True)
class RenewalPlan:
    """What would be done.

    Attributes:
        nodes: one after another.
        refusals: why it is not begun; none where it may be.
    """

    nodes: tuple[Node, ...]
    refusals: tuple[Refusal, ...]


def renewal_plan(fleet: Fleet) -> RenewalPlan:
    """Plan a renewal: members of etcd, the leader last, then the control plane, then workers."""

    def place(node: Node) -> tuple[object, ...]:
        group = fleet.group(node.group)
        leads = group.role == ETCD and group.member == fleet.leader
        return ORDER.index(group.role), leads, group.name, node.instance

    # What goes already needs no certificate any more.
    nodes = tuple(sorted((node for node in fleet.nodes if node.in_service), key=place))
    return RenewalPlan(nodes, tuple(health_refusals(fleet, {group.name for group in fleet.of_role(WORKERS)})))


@dataclass(frozen=True)
class Renewer:
    """What carries a renewal out.

    Attributes:
        observe: looks at the cluster anew.
        remote: reaches the nodes.
        patience: how long a node may take to be well again.
        tell: told what happens.
    """

    observe: Callable[[], Fleet]
    remote: Remote
    patience: RetryPolicy
    tell: Tell

    def renew(self) -> list[str]:
        """Renew on one node after another, and return the instances where it was done.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: it stopped; says where.
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
            self.tell(
                f"{len(done)} of {len(plan.nodes)}: {node.group} {node.instance}: {answer.get('said', 'renewed')}"
            )
        return done

    def _await_well(self, node: Node) -> None:
        """Wait until nothing is ill.

        Raises:
            OperationError: it was not in time.
        """

        def look() -> None:
            for refusal in renewal_plan(self.observe()).refusals:
                raise NotYetError(str(refusal))

        await_result(f"the cluster after {node.group} {node.instance}", retry_transient(look), self.patience, self.tell)
