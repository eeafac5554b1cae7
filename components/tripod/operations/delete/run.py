"""Looking at a cluster that is to go, and carrying its end out up to the engine's part."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.delete.deletion_protection import lift_protection, protected_load_balancers
from tripod.operations.delete.dns_records import delete_names, dns_names
from tripod.operations.delete.external_resources import cluster_vpcs, differences, external_resources
from tripod.operations.delete.leftovers import Leftover, leftovers
from tripod.operations.delete.parameters import records_of_quorum
from tripod.operations.delete.plan import DeletePlan, DeletionInventory, KubernetesResources, resources
from tripod.operations.delete.sweep import Sweeper
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.fleet import CONTROL_PLANE
from tripod.operations.inventory import ClusterInventory, role_of
from tripod.operations.remote import Remote, RemoteError, ask, ask_any
from tripod.operations.waiting import Log

HELD = "held"
"""The agent's command on a control-plane node: list the AWS resources of the cluster's objects."""

RELEASE = "release"
"""The agent's command on a control-plane node: have their controllers release them."""

RELEASE_SECONDS = 1800


def deletion_inventory(inventory: ClusterInventory, remote: Remote) -> DeletionInventory:
    """Read the resources of a cluster, even one that is partly destroyed.

    Args:
        inventory: the cluster, without cached answers.
        remote: reaches its instances.
    """
    goes, stays = resources(inventory)
    nodes = control_plane_nodes(inventory)
    made, silence = _kubernetes_resources(remote, nodes)
    vpcs = cluster_vpcs(inventory)
    records = (f"ssm parameter {name}" for name in records_of_quorum(inventory))
    return DeletionInventory(
        goes,
        (*stays, *records),
        tuple(leftovers(inventory)),
        tuple(dns_names(inventory)),
        made,
        silence,
        len(nodes),
        external_resources(inventory, vpcs.all),
        vpcs,
    )


def control_plane_nodes(inventory: ClusterInventory) -> list[str]:
    """The control-plane nodes that live."""
    return sorted(one["InstanceId"] for one in inventory.instances if role_of(one) == CONTROL_PLANE)


def _kubernetes_resources(remote: Remote, nodes: list[str]) -> tuple[KubernetesResources | None, str]:
    """AWS resources of a cluster's objects; or None, and the reason."""
    try:
        found = ask_any(remote, nodes, HELD)
    except RemoteError as error:
        return None, str(error)
    # An agent of an earlier release names no APIs.
    apis = tuple(found.get("apis", ()))
    return KubernetesResources(tuple(found["services"]), tuple(found["claims"]), frozenset(found["kept"]), apis), ""


@dataclass(frozen=True)
class Deleter:
    """Carries a deletion out, up to the engine's part.

    Attributes:
        inventory: makes an inventory without cached answers.
        remote: reaches its instances.
        retry_policy: limits of the wait for what depends on a resource.
        log: takes lines of progress.
    """

    inventory: Callable[[], ClusterInventory]
    remote: Remote
    retry_policy: RetryPolicy
    log: Log

    def sweep(self, plan: DeletePlan) -> list[Leftover]:
        """Have the cluster release its AWS resources, and remove what is left of them; return what was removed.

        AWS' deletion protection of the API's load balancers is lifted, so that the engine can delete them.

        Raises:
            RefusedError: it may not be begun; nothing was changed.
            OperationError: something cannot be removed, or a resource of others has changed meanwhile.
        """
        if plan.refusals:
            raise RefusedError(plan.refusals)
        found = plan.found
        if found.kubernetes is not None:
            self._release(found.kubernetes, claims=any(one.kind == "volume" for one in plan.swept))
        removed = self.sweep_again(plan)
        names = dns_names(self.inventory())
        for name in names:
            self.log(f"DNS {name.type} {name.name} in {name.zone}: removing")
        delete_names(self.inventory(), names)
        for arn in protected_load_balancers(self.inventory()):
            self.log(f"load balancer {arn} of the API: AWS may delete it")
            lift_protection(self.inventory(), arn)
        self.prove_unowned_spared(plan)
        return removed

    def sweep_again(self, plan: DeletePlan) -> list[Leftover]:
        """Remove what is there by now: as long as a control-plane node lives, it publishes a join token every hour.

        Raises:
            OperationError: something cannot be removed.
        """
        keep = frozenset(one.id for one in plan.kept)
        return Sweeper(self.inventory, self.retry_policy, self.log, keep).sweep()

    def prove_unowned_spared(self, plan: DeletePlan) -> None:
        """Verify that all resources that are not the cluster's are unchanged.

        Raises:
            OperationError: it is not.
        """
        changed = differences(plan.found.unowned, external_resources(self.inventory(), plan.found.vpcs.all))
        if changed:
            raise OperationError(
                f"something that is not the cluster's has changed meanwhile: {'; '.join(changed)}. This command "
                "removes by the cluster's tags alone: see CloudTrail for who did it"
            )

    def _release(self, made: KubernetesResources, *, claims: bool) -> None:
        if not made.services and not made.apis and not (claims and made.claims):
            return
        self.log(f"the cluster releases {len(made.services)} load balancers and {len(made.claims)} volume claims")
        nodes = control_plane_nodes(self.inventory())
        for node in nodes:
            try:
                ask(self.remote, node, HELD)
            except RemoteError:
                continue
            left = ask(self.remote, node, RELEASE, {"claims": claims}, RELEASE_SECONDS).get("left", "")
            if left:
                # Its controllers are down: what they made is removed all the same.
                self.log(f"{node}: {left}")
            return
        raise OperationError("no control-plane node answers any more: nothing was removed; run it again")
