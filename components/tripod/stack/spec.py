"""The specification of a stack: a cluster, its add-ons, the databases that it peers with, and cut-overs."""

from collections.abc import Iterator
from typing import ClassVar

from tripod.addons.egress_ports import backend_port_problems
from tripod.addons.ingress.arguments import ingress_problems
from tripod.addons.spec import AddOnsSpec
from tripod.cluster.spec import ClusterSpec
from tripod.core.problems import Problem
from tripod.core.sectioned_spec import CrossRule
from tripod.database.spec import PeerSpec, peer_problems
from tripod.dns.spec import CutoverSpec, cutover_problems
from tripod.network.spec import LoadBalancerKind, NetworkSpec


def disjoint_peers(network: NetworkSpec, peers: tuple[PeerSpec, ...]) -> Iterator[Problem]:
    """Find peers that overlap the cluster or one another, or share a VPC."""
    ranges = {("network", *path): found for path, found in network.ranges.items()}
    yield from peer_problems(peers, ranges, ("peers",))


def disjoint_cutovers(cutovers: tuple[CutoverSpec, ...]) -> Iterator[Problem]:
    """Find names that belong to several cut-overs."""
    yield from cutover_problems(cutovers, ("cutovers",))


def known_new_sides(cutovers: tuple[CutoverSpec, ...], add_ons: AddOnsSpec) -> Iterator[Problem]:
    """Find cut-overs without ``new`` whose new side is not the ingress' load balancer."""
    for position, cutover in enumerate(cutovers):
        if cutover.new is None and "ingress" in add_ons.without:
            given = "nothing, with addOns.without: ingress"
            yield Problem(("cutovers", position, "new"), given, "the cluster's load balancer", "give its dnsName")
        elif cutover.new is None and cutover.old is None:
            given, remedy = "nothing, with stage: finished", f"copy it from `tripod cutover STACK {cutover.name}`"
            yield Problem(("cutovers", position, "new"), given, "the target that the name has now", remedy)


def supported_ingress(network: NetworkSpec, add_ons: AddOnsSpec) -> Iterator[Problem]:
    """Find an ingress that the network plugin does not serve, or that does not reach the workers."""
    if "ingress" in add_ons.without:
        return
    for problem in ingress_problems(network.cni, load_balancers(network, add_ons), add_ons.ingress):
        yield problem.under("add_ons", "ingress")


def load_balancers(network: NetworkSpec, add_ons: AddOnsSpec) -> tuple[LoadBalancerKind, ...]:
    """The load balancers of Services that reach the workers: those chosen, or the ingress' own."""
    if network.load_balancers is not None:
        return network.load_balancers
    return () if "ingress" in add_ons.without else (add_ons.ingress.load_balancer,)


class StackSpec(ClusterSpec):
    """Settings of a stack: a cluster, its add-ons, the databases beside it, and names that move to it."""

    peers: tuple[PeerSpec, ...] = ()
    """VPCs with databases, to peer with."""
    add_ons: AddOnsSpec = AddOnsSpec()
    """The cluster's add-ons."""
    cutovers: tuple[CutoverSpec, ...] = ()
    """Names that move from an old load balancer to the cluster."""

    cross_rules: ClassVar[tuple[CrossRule, ...]] = (
        *ClusterSpec.cross_rules,
        disjoint_peers,
        backend_port_problems,
        disjoint_cutovers,
        known_new_sides,
        supported_ingress,
    )

    def cluster_spec(self) -> ClusterSpec:
        """The cluster's own settings, validated with the stack's."""
        found = ClusterSpec.model_construct(**{name: getattr(self, name) for name in ClusterSpec.model_fields})
        kinds = {"load_balancers": load_balancers(self.network, self.add_ons)}
        return found.model_copy(update={"network": self.network.model_copy(update=kinds)})
