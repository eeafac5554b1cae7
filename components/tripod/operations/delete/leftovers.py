"""Leftovers: resources that Kubernetes made in AWS. They are in no engine's state, and would outlive the cluster.

Its controllers mark what they make with the cluster's ownership tag, as the stack's program does. What the program made
has a role besides, and is none of this.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        kind: its kind.
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
    balancers = inventory.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    classic = inventory.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions")
    targets = inventory.pages("elbv2", "describe_target_groups", "TargetGroups")
    return [
        *_balancing(inventory, "load balancer", balancers, "LoadBalancerArn"),
        *_balancing(inventory, "classic load balancer", classic, "LoadBalancerName", "elb"),
        *_balancing(inventory, "target group", targets, "TargetGroupArn"),
        *_of_ec2(inventory),
    ]


def _balancing(
    inventory: ClusterInventory, kind: Kind, found: Sequence[Described], key: str, service: str = "elbv2"
) -> Iterator[Leftover]:
    """Load balancers of either service, or target groups; the latter are in use while they have load balancers."""
    tags = tags_of_balancing(inventory, [one[key] for one in found], service)
    for one in found:
        id_ = one[key]
        if is_of_kubernetes(inventory.cluster, tags[id_]):
            vpc = one.get("VpcId") or one.get("VPCId", "")
            yield Leftover(kind, id_, purpose_of(tags[id_]), not one.get("LoadBalancerArns"), vpc)


def tags_of_balancing(
    inventory: ClusterInventory, ids: Sequence[str], service: str = "elbv2"
) -> dict[str, dict[str, str]]:
    """ARN → tags, of load balancers or target groups; name → tags, of classic load balancers (service elb)."""
    key = "LoadBalancerName" if service == "elb" else "ResourceArn"
    found: dict[str, dict[str, str]] = {id_: {} for id_ in ids}
    for start in range(0, len(ids), _AT_ONCE):
        batch = list(ids[start : start + _AT_ONCE])
        for one in inventory.client(service).describe_tags(**{f"{key}s": batch})["TagDescriptions"]:
            found[one[key]] = tags_of(one)
    return found


def _of_ec2(inventory: ClusterInventory) -> Iterator[Leftover]:
    yield from _made(
        inventory, "security group", inventory.owned("describe_security_groups", "SecurityGroups"), "GroupId"
    )
    yield from _made(inventory, "network interface", _interfaces(inventory), "NetworkInterfaceId")
    yield from _made(inventory, "volume", inventory.owned("describe_volumes", "Volumes"), "VolumeId")


def _interfaces(inventory: ClusterInventory) -> list[Described]:
    """Unused interfaces for pods. Others go with their instances."""
    tag = f"tag:{_CNI_TAG}"
    found = inventory.filtered("describe_network_interfaces", "NetworkInterfaces", tag, [inventory.cluster])
    return [one for one in found if one["Status"] == "available"]


def _made(inventory: ClusterInventory, kind: Kind, found: Iterable[Described], key: str) -> Iterator[Leftover]:
    for one in found:
        tags = tags_of(one)
        if is_of_kubernetes(inventory.cluster, tags):
            used = bool(one.get("Attachments") or one.get("Attachment"))
            yield Leftover(kind, one[key], purpose_of(tags), not used, one.get("VpcId", ""))
