"""The ingress' load balancer as the new side of a cut-over whose settings name none."""

from tripod.addons.ingress.constants import IngressKind, load_balancer_tags
from tripod.dns.spec import TargetSpec
from tripod.operations.delete.leftovers import tags_of_balancing
from tripod.operations.inventory import ClusterInventory


def own_target(inventory: ClusterInventory, kind: IngressKind) -> TargetSpec | None:
    """The ingress' load balancer, by the tags by which the program finds it too; None if there is none.

    Args:
        inventory: the cluster in AWS.
        kind: the kind of the ingress.
    """
    found = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    tags = tags_of_balancing(inventory, [one["LoadBalancerArn"] for one in found])
    wanted = load_balancer_tags(inventory.cluster, kind)
    for one in found:
        if wanted.items() <= tags[one["LoadBalancerArn"]].items():
            return TargetSpec(dns_name=one["DNSName"], hosted_zone_id=one["CanonicalHostedZoneId"])
    return None
