"""Plan of a cluster's deletion: what goes, stays, is swept before and is spared, and the refusals."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tripod.core.naming import INCARNATION_TAG, ROLE_TAG
from tripod.operations.delete.dns_records import DnsName
from tripod.operations.delete.external_resources import Listing, Vpcs
from tripod.operations.delete.leftovers import Leftover, is_of_kubernetes
from tripod.operations.errors import Refusal
from tripod.operations.inventory import ClusterInventory, tags_of

_OUTLIVE = {"kms key", "secretsmanager secret"}
_DATA = ("volume", "snapshot")
_BY_CONTROLLERS = {
    "elasticloadbalancing loadbalancer",
    "elasticloadbalancing targetgroup",
    "ec2 network-interface",
    "ec2 security-group",
    "ec2 volume",
    "ec2 snapshot",
}
"""Types of which Kubernetes' controllers make some: with the team's tags, but not by the engine."""


@dataclass(frozen=True)
class KubernetesResources:
    """AWS resources of the cluster's own objects, by its API.

    Attributes:
        services: Services with a load balancer, namespace/name.
        claims: volume claims, namespace/name.
        retained: the volumes and snapshots that outlive their objects (reclaim or deletion policy Retain).
        apis: the add-ons' aggregated APIs that do not answer, which block the deletion of namespaces.
    """

    services: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    retained: frozenset[str] = frozenset()
    apis: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeletionOptions:
    """Options of a deletion.

    Attributes:
        without_api: sweep although no API server answers, so that no controller releases its resources.
        keep_volumes: leave every volume and snapshot that Kubernetes made.
    """

    without_api: bool = False
    keep_volumes: bool = False


@dataclass(frozen=True)
class DeletionInventory:
    """The resources of a cluster before its deletion.

    Attributes:
        goes: service and type → number of the cluster's resources that the engine destroys.
        stays: the ARNs of what outlives the cluster; the names of parameters.
        made: leftovers of Kubernetes.
        names: records of external-dns.
        kubernetes: resources by the API; None if no API server answers.
        api_error: the reason if none answers.
        nodes: the number of control-plane nodes.
        unowned: resources in the cluster's VPCs that are not the cluster's.
        vpcs: the cluster's VPCs.
    """

    goes: Mapping[str, int]
    stays: tuple[str, ...]
    made: tuple[Leftover, ...]
    names: tuple[DnsName, ...]
    kubernetes: KubernetesResources | None
    api_error: str
    nodes: int
    unowned: Listing
    vpcs: Vpcs


@dataclass(frozen=True)
class DeletePlan:
    """A plan.

    Attributes:
        found: the resources as read.
        swept: leftovers of Kubernetes that are removed.
        kept: leftovers of Kubernetes that stay: volumes, snapshots.
        refusals: reasons not to begin it; empty if it may begin.
    """

    found: DeletionInventory
    swept: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]
    refusals: tuple[Refusal, ...]


def resources(inventory: ClusterInventory) -> tuple[dict[str, int], tuple[str, ...]]:
    """The resources that the engine destroys, counted by type, and those that stay, by ARN; both by their tags."""
    found = inventory.pages(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": "cluster", "Values": [inventory.cluster]}],
    )
    typed = [(type_of(one["ResourceARN"]), one["ResourceARN"], tags_of(one)) for one in found]
    # Nodes write parameters; they are found by their names.
    ours = [one for one in typed if one[0] != "ssm parameter" and not _made_by_a_controller(inventory, one[0], one[2])]
    stays = tuple(sorted(arn for type_, arn, tags in ours if outlives(type_, tags)))
    goes = Counter(type_ for type_, arn, _ in ours if arn not in stays)
    return dict(sorted(goes.items())), stays


def _made_by_a_controller(inventory: ClusterInventory, type_: str, tags: Mapping[str, str]) -> bool:
    return type_ in _BY_CONTROLLERS and is_of_kubernetes(inventory.cluster, tags)


def outlives(type_: str, tags: Mapping[str, str]) -> bool:
    """True if a resource outlives its cluster, since it holds data or keys of data.

    Args:
        type_: its service and type.
        tags: its tags.
    """
    return type_ in _OUTLIVE or INCARNATION_TAG in tags or (type_ == "s3" and tags.get(ROLE_TAG) == "snapshots")


def type_of(arn: str) -> str:
    """``ec2 subnet`` for ``arn:aws:ec2:us-west-2:123456789012:subnet/subnet-1``."""
    _, _, service, _, _, resource = arn.split(":", 5)
    kind = resource.replace(":", "/").partition("/")
    return f"{service} {kind[0]}" if kind[1] else service


def delete_plan(found: DeletionInventory, options: DeletionOptions) -> DeletePlan:
    """Plan the end of a cluster."""
    # Which volumes and snapshots are to outlive their objects is known to the API alone.
    unknown = options.keep_volumes or found.kubernetes is None
    kept: frozenset[str] = found.kubernetes.retained if found.kubernetes else frozenset()
    stay = tuple(one for one in found.made if one.kind in _DATA and (unknown or one.id in kept))
    swept = tuple(one for one in found.made if one not in stay)
    return DeletePlan(found, swept, stay, tuple(_refusals(found, swept, options)))


def _refusals(found: DeletionInventory, swept: Sequence[Leftover], options: DeletionOptions) -> Iterator[Refusal]:
    if found.kubernetes is None and found.nodes and swept and not options.without_api:
        yield Refusal(
            "the API",
            f"no control-plane node answers ({found.api_error}), so that no controller can release the "
            f"{len(swept)} resources that Kubernetes made, and may make them again",
            "bring one back; or `--without-api` removes them all the same, and leaves every volume and snapshot",
        )
    for name in found.unowned:
        if found.vpcs.own and not found.vpcs.adopted:
            yield Refusal(
                name,
                "is in the cluster's own VPC and not the cluster's: it would be left without a network, "
                "and the engine would stop half-way",
                "move it elsewhere, or have its owner delete it",
            )
