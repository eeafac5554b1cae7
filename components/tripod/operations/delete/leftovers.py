"""Leftovers: resources that Kubernetes made in AWS. They are in no engine's state, and would outlive the cluster.

Its controllers mark what they make with the cluster's ownership tag, as the stack's program does. What the program made
has a role besides, and is none of this. The join token's parameter, which control-plane nodes write, is found by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from tripod.core.naming import ROLE_TAG, ownership_tag
from tripod.operations.delete.parameters import join_tokens
from tripod.operations.inventory import ClusterInventory, Described, tags_of

Kind = Literal[
    "load balancer",
    "classic load balancer",
    "target group",
    "network interface",
    "security group",
    "volume",
    "snapshot",
    "parameter",
]
"""In the order in which they are removed: what holds others comes first."""

_AT_ONCE = 20
"""Load balancers in one request for tags."""

_CNI_TAG = "cluster.k8s.amazonaws.com/name"
"""The AWS VPC CNI's own tag."""
_CONTROLLER_TAG = "elbv2.k8s.aws/cluster"
"""The AWS load balancer controller's own tag."""
_SNAPSHOT_TAG = "CSIVolumeSnapshotName"
"""The EBS CSI driver's tag of snapshots. They also have the cluster's, as volumes do (pkg/driver/controller.go)."""


@dataclass(frozen=True)
class Leftover:
    """A resource that Kubernetes made.

    Attributes:
        kind: its kind.
        id: its id or ARN.
        of: the object that it was made for, by its tags; empty if they do not say.
        idle: true if nothing uses it at the moment.
        vpc: the VPC that it is in, if it is in one.
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
    """The object that a resource was made for: a Service, a claim, a snapshot's content."""
    service = tags.get("kubernetes.io/service-name") or tags.get("service.k8s.aws/stack", "")
    claim = tags.get("kubernetes.io/created-for/pvc/name", "")
    namespace = tags.get("kubernetes.io/created-for/pvc/namespace", "")
    return service or (f"{namespace}/{claim}" if claim else tags.get(_SNAPSHOT_TAG, ""))


def leftovers(inventory: ClusterInventory, *kinds: Kind) -> list[Leftover]:
    """The leftovers of Kubernetes of some kinds, by default all, in the order in which they can be removed.

    It asks for nothing that a half-destroyed cluster lacks.
    """
    return [one for kind in kinds or get_args(Kind) for one in _BY_KIND[kind](inventory)]


def _balancing(
    kind: Kind, operation: str, key: str, name: str, inventory: ClusterInventory, service: str = "elbv2"
) -> Iterator[Leftover]:
    """Load balancers of either service, or target groups; the latter are in use while they have load balancers."""
    found = inventory.pages(service, operation, key)
    tags = tags_of_balancing(inventory, [one[name] for one in found], service)
    for one in found:
        id_ = one[name]
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


def _interfaces(inventory: ClusterInventory) -> list[Described]:
    """Unused interfaces for pods. Others go with their instances."""
    tag = f"tag:{_CNI_TAG}"
    found = inventory.filtered("describe_network_interfaces", "NetworkInterfaces", tag, [inventory.cluster])
    return [one for one in found if one["Status"] == "available"]


def _owned(kind: Kind, operation: str, key: str, name: str, inventory: ClusterInventory) -> Iterator[Leftover]:
    yield from _made(kind, inventory.owned(operation, key), name, inventory)


def _made(kind: Kind, found: Iterable[Described], name: str, inventory: ClusterInventory) -> Iterator[Leftover]:
    for one in found:
        tags = tags_of(one)
        if is_of_kubernetes(inventory.cluster, tags):
            used = bool(one.get("Attachments") or one.get("Attachment"))
            yield Leftover(kind, one[name], purpose_of(tags), not used, one.get("VpcId", ""))


def _tokens(inventory: ClusterInventory) -> Iterator[Leftover]:
    return (Leftover("parameter", name, "") for name in join_tokens(inventory))


def _network_interfaces(inventory: ClusterInventory) -> Iterator[Leftover]:
    return _made("network interface", _interfaces(inventory), "NetworkInterfaceId", inventory)


_BALANCERS = "describe_load_balancers"
_BY_KIND: dict[Kind, Callable[[ClusterInventory], Iterable[Leftover]]] = {
    "load balancer": partial(_balancing, "load balancer", _BALANCERS, "LoadBalancers", "LoadBalancerArn"),
    "classic load balancer": partial(
        _balancing, "classic load balancer", _BALANCERS, "LoadBalancerDescriptions", "LoadBalancerName", service="elb"
    ),
    "target group": partial(_balancing, "target group", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    "network interface": _network_interfaces,
    "security group": partial(_owned, "security group", "describe_security_groups", "SecurityGroups", "GroupId"),
    "volume": partial(_owned, "volume", "describe_volumes", "Volumes", "VolumeId"),
    "snapshot": partial(_owned, "snapshot", "describe_snapshots", "Snapshots", "SnapshotId"),
    "parameter": _tokens,
}
