"""Looking at a cluster that is to go, and carrying its end out up to the engine's part."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.delete.dns_records import delete_names, dns_names
from tripod.operations.delete.external_resources import differences, external_resources, places
from tripod.operations.delete.leftovers import Leftover, leftovers
from tripod.operations.delete.plan import DeletePlan, DeletionInventory, Held, resources
from tripod.operations.delete.sweep import Sweeper
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.fleet import CONTROL_PLANE
from tripod.operations.inventory import ClusterInventory, role_of
from tripod.operations.remote import Remote, RemoteError, ask, instances_asked
from tripod.operations.waiting import Tell

HELD = "held"
"""The agent's command on a control-plane node: what the cluster's objects hold in AWS."""

RELEASE = "release"
"""The agent's command on a control-plane node: have their controllers let go of it."""

RELEASE_SECONDS = 1800


def look(account: ClusterInventory, remote: Remote) -> DeletionInventory:
    """What is there of a cluster, whole or half destroyed.

    Args:
        account: the cluster, freshly opened.
        remote: reaches its instances.
    """
    goes, stays = resources(account)
    nodes = control_plane_nodes(account)
    held, silence = _held(remote, nodes)
    where = places(account)
    return DeletionInventory(
        goes,
        stays,
        tuple(leftovers(account)),
        tuple(dns_names(account)),
        held,
        silence,
        len(nodes),
        external_resources(account, where.all),
        where,
    )


def control_plane_nodes(account: ClusterInventory) -> list[str]:
    """The control-plane nodes that live."""
    return sorted(one["InstanceId"] for one in account.instances if role_of(one) == CONTROL_PLANE)


def _held(remote: Remote, nodes: list[str]) -> tuple[Held | None, str]:
    """What a cluster's objects hold in AWS; or nothing, and why nobody says."""
    try:
        found = instances_asked(remote, nodes, HELD)
    except RemoteError as error:
        return None, str(error)
    return Held(tuple(found["services"]), tuple(found["claims"]), frozenset(found["kept"])), ""


@dataclass(frozen=True)
class Deleter:
    """What carries the end of a cluster out, up to the engine's part.

    Attributes:
        account: opens the cluster's account anew.
        remote: reaches its instances.
        patience: how long something may be held by what goes.
        tell: told what happens.
    """

    account: Callable[[], ClusterInventory]
    remote: Remote
    patience: RetryPolicy
    tell: Tell

    def sweep(self, plan: DeletePlan) -> list[Leftover]:
        """Have the cluster let go of what it holds in AWS, and remove what is left of it; return what was removed.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: something cannot be removed, or something foreign has changed meanwhile.
        """
        if plan.refusals:
            raise RefusedError(plan.refusals)
        seen = plan.seen
        if seen.held is not None:
            self._release(seen.held, claims=any(one.kind == "volume" for one in plan.swept))
        keep = frozenset(one.id for one in plan.kept)
        removed = Sweeper(self.account, self.patience, self.tell, keep).sweep()
        names = dns_names(self.account())
        for name in names:
            self.tell(f"DNS {name.type} {name.name} in {name.zone}: removing")
        delete_names(self.account(), names)
        self.prove_foreign_spared(plan)
        return removed

    def prove_foreign_spared(self, plan: DeletePlan) -> None:
        """Look whether all that is not the cluster's is as it was.

        Raises:
            OperationError: it is not.
        """
        changed = differences(plan.seen.foreign, external_resources(self.account(), plan.seen.places.all))
        if changed:
            raise OperationError(
                f"something that is not the cluster's has changed meanwhile: {'; '.join(changed)}. This command "
                "removes by the cluster's tags alone: see CloudTrail for who did it"
            )

    def _release(self, held: Held, *, claims: bool) -> None:
        if not held.services and not (claims and held.claims):
            return
        self.tell(f"the cluster lets go of {len(held.services)} load balancers and {len(held.claims)} volume claims")
        nodes = control_plane_nodes(self.account())
        for node in nodes:
            try:
                ask(self.remote, node, HELD)
            except RemoteError:
                continue
            left = ask(self.remote, node, RELEASE, {"claims": claims}, RELEASE_SECONDS).get("left", "")
            if left:
                # Its controllers are down: what they made is removed all the same.
                self.tell(f"{node}: {left}")
            return
        raise OperationError("no control-plane node answers any more: nothing was removed; run it again")
