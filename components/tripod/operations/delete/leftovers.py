"""Leftovers: resources that Kubernetes made in AWS. They are in no engine's state, and would outlive the cluster.

Its controllers mark what they make with the cluster's ownership tag, as the stack's program does. What the program made
has a role besides, and is none of this.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from tripod.core.naming import ROLE_TAG, ownership_tag
from tripod.operations.inventory import ClusterInventory, Described, tags_of

Kind = Literal[
    "load balancer", "classic load balancer", "target group", "network interface", "security group", "volume"
]
"""In the order in which they are removed: what holds others comes first."""

_AT_ONCE = 20
"""Load balancers in one request for tags."""

_CNI_TAG = "cluster.k8s.amazonaws.com/name"
"""The AWS VPC CNI's own tag."""
_CONTROLLER_TAG = "elbv2.k8s.aws/cluster"
"""The AWS load balancer controller's own tag."""


@dataclass(frozen=True)
class Leftover:
    """A resource that Kubernetes made.

    Attributes:
        kind: what it is.
        id: its id or ARN.
        of: the object that it was made for, by its tags; empty if they do not say.
        idle: true if nothing uses it at the moment.
        vpc: the VPC that it is in; empty for volumes.
    """

    kind: Kind
    id: str
    of: str
    idle: bool = True
    vpc: str = ""


def is_of_kubernetes(cluster: str, tags: Mapping[str, str]) -> bool:
    """True if a resource with these tags was made by a controller of the cluster, for it alone."""
    if ROLE_TAG in tags:
        return False
    return tags.get(ownership_tag(cluster)) == "owned" or cluster in (tags.get(_CNI_TAG), tags.get(_CONTROLLER_TAG))


def purpose_of(tags: Mapping[str, str]) -> str:
    """The object that a resource was made for: a Service, a claim."""
    service = tags.get("kubernetes.io/service-name") or tags.get("service.k8s.aws/stack", "")
    claim = tags.get("kubernetes.io/created-for/pvc/name", "")
    namespace = tags.get("kubernetes.io/created-for/pvc/namespace", "")
    return service or (f"{namespace}/{claim}" if claim else "")


def leftovers(inventory: ClusterInventory) -> list[Leftover]:
    """The leftovers of Kubernetes, in the order in which they can be removed.

    It asks for nothing that a half-destroyed cluster lacks.
    """
    return [
        *_load_balancers(inventory),
        *_classic(inventory),
        *_target_groups(inventory),
        *_of_ec2(inventory),
    ]


def _load_balancers(inventory: ClusterInventory) -> Iterator[Leftover]:
    found = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    tags = tags_of_balancing(inventory, [one["LoadBalancerArn"] for one in found])
    for one in found:
        arn = one["LoadBalancerArn"]
        if is_of_kubernetes(inventory.cluster, tags[arn]):
            yield Leftover("load balancer", arn, purpose_of(tags[arn]), vpc=one["VpcId"])


def _target_groups(inventory: ClusterInventory) -> Iterator[Leftover]:
    found = inventory.pages("elbv2", "describe_target_groups", "TargetGroups")
    tags = tags_of_balancing(inventory, [one["TargetGroupArn"] for one in found])
    for one in found:
        arn = one["TargetGroupArn"]
        if is_of_kubernetes(inventory.cluster, tags[arn]):
            idle = not one["LoadBalancerArns"]
            yield Leftover("target group", arn, purpose_of(tags[arn]), idle, one.get("VpcId", ""))


def tags_of_balancing(inventory: ClusterInventory, arns: list[str]) -> dict[str, dict[str, str]]:
    """ARN → tags, of load balancers or target groups."""
    found: dict[str, dict[str, str]] = {arn: {} for arn in arns}
    for start in range(0, len(arns), _AT_ONCE):
        batch = arns[start : start + _AT_ONCE]
        for one in inventory.client("elbv2").describe_tags(ResourceArns=batch)["TagDescriptions"]:
            found[one["ResourceArn"]] = tags_of(one)
    return found


def _classic(inventory: ClusterInventory) -> Iterator[Leftover]:
    client = inventory.client("elb")
    found = inventory.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    names = [one["LoadBalancerName"] for one in found]
    tags: dict[str, dict[str, str]] = {}
    for start in range(0, len(names), _AT_ONCE):
        for one in client.describe_tags(LoadBalancerNames=names[start : start + _AT_ONCE])["TagDescriptions"]:
            tags[one["LoadBalancerName"]] = tags_of(one)
    for one in found:
        name = one["LoadBalancerName"]
        if is_of_kubernetes(inventory.cluster, tags[name]):
            yield Leftover("classic load balancer", name, purpose_of(tags[name]), vpc=one.get("VPCId", ""))


def _of_ec2(inventory: ClusterInventory) -> Iterator[Leftover]:
    yield from _made(
        inventory, "security group", inventory.owned("describe_security_groups", "SecurityGroups"), "GroupId"
    )
    yield from _made(inventory, "network interface", _interfaces(inventory), "NetworkInterfaceId")
    yield from _made(inventory, "volume", inventory.owned("describe_volumes", "Volumes"), "VolumeId")


def _interfaces(inventory: ClusterInventory) -> list[Described]:
    """Interfaces for pods that nobody uses any more. Others go with their instances."""
    filters = [{"Name": f"tag:{_CNI_TAG}", "Values": [inventory.cluster]}, {"Name": "status", "Values": ["available"]}]
    found = inventory.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters)
    return [one for one in found if one["Status"] == "available"]


def _made(inventory: ClusterInventory, kind: Kind, found: Iterable[Described], key: str) -> Iterator[Leftover]:
    for one in found:
        tags = tags_of(one)
        if is_of_kubernetes(inventory.cluster, tags):
            used = bool(one.get("Attachments") or one.get("Attachment"))
            yield Leftover(kind, one[key], purpose_of(tags), not used, one.get("VpcId", ""))
