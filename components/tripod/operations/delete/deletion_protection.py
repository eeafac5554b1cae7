"""AWS' deletion protection of the API's load balancers.

A destroy by the engine does not lift it: the provider calls DeleteLoadBalancer alone (terraform-provider-aws,
internal/service/elbv2/load_balancer.go, resourceLoadBalancerDelete), and gets OperationNotPermitted.
"""

from collections.abc import Iterator

from tripod.core.naming import ROLE_TAG, ownership_tag
from tripod.operations.delete.leftovers import tags_of_balancing
from tripod.operations.inventory import ClusterInventory

_ATTRIBUTE = "deletion_protection.enabled"


def protected_load_balancers(inventory: ClusterInventory) -> list[str]:
    """The ARNs of the API's load balancers that AWS refuses to delete; by tags, also of a half-destroyed cluster."""
    return [arn for arn in _of_the_api(inventory) if _is_protected(inventory, arn)]


def lift_protection(inventory: ClusterInventory, arn: str) -> None:
    """Let AWS delete a load balancer."""
    attributes = [{"Key": _ATTRIBUTE, "Value": "false"}]
    inventory.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)


def _of_the_api(inventory: ClusterInventory) -> Iterator[str]:
    found = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    for arn, tags in tags_of_balancing(inventory, [one["LoadBalancerArn"] for one in found]).items():
        if tags.get(ROLE_TAG) == "api" and tags.get(ownership_tag(inventory.cluster)) == "owned":
            yield arn


def _is_protected(inventory: ClusterInventory, arn: str) -> bool:
    listed = inventory.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return any(one["Key"] == _ATTRIBUTE and one["Value"] == "true" for one in listed)
