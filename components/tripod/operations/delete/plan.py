"""What taking a cluster down would do: what goes, what stays, what is swept before, what is spared, what forbids it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tripod.core.naming import INCARNATION_TAG, ROLE_TAG
from tripod.operations.delete.dns_records import DnsName
from tripod.operations.delete.external_resources import Listing, Places
from tripod.operations.delete.leftovers import Leftover
from tripod.operations.errors import Refusal
from tripod.operations.inventory import ClusterInventory, tags_of

_OUTLIVE = {"kms key", "secretsmanager secret"}


@dataclass(frozen=True)
class Held:
    """What the cluster's own objects hold in AWS, as its API says.

    Attributes:
        services: Services with a load balancer, namespace/name.
        claims: volume claims, namespace/name.
        kept: the volumes that are to outlive their claims (reclaim policy Retain).
    """

    services: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DeletionOptions:
    """What the operator wants.

    Attributes:
        without_api: sweep though no API server answers: nobody can be asked to let go.
        keep_volumes: leave every volume that Kubernetes made.
    """

    without_api: bool = False
    keep_volumes: bool = False


@dataclass(frozen=True)
class DeletionInventory:
    """What was seen.

    Attributes:
        goes: service and type → how many of the cluster's resources the engine destroys.
        stays: the ARNs of what outlives the cluster.
        made: what Kubernetes made.
        names: what external-dns made.
        held: what the API says; None where no API server answers.
        silence: why none answers.
        nodes: how many control-plane nodes there are.
        foreign: what is in the cluster's VPCs and not the cluster's.
        places: where the cluster is.
    """

    goes: Mapping[str, int]
    stays: tuple[str, ...]
    made: tuple[Leftover, ...]
    names: tuple[DnsName, ...]
    held: Held | None
    silence: str
    nodes: int
    foreign: Listing
    places: Places


@dataclass(frozen=True)
class DeletePlan:
    """What would be done.

    Attributes:
        seen: what was seen.
        swept: what Kubernetes made and is removed.
        kept: what Kubernetes made and stays: volumes.
        refusals: why it is not begun.
    """

    seen: DeletionInventory
    swept: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]
    refusals: tuple[Refusal, ...]


def resources(account: ClusterInventory) -> tuple[dict[str, int], tuple[str, ...]]:
    """What of the cluster the engine destroys, counted by type, and what stays, by ARN; both by their tags."""
    found = account.pages(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": "cluster", "Values": [account.cluster]}],
    )
    stays = tuple(sorted(one["ResourceARN"] for one in found if outlives(type_of(one["ResourceARN"]), tags_of(one))))
    goes = Counter(type_of(one["ResourceARN"]) for one in found if one["ResourceARN"] not in stays)
    return dict(sorted(goes.items())), stays


def outlives(type_: str, tags: Mapping[str, str]) -> bool:
    """Whether a resource of the cluster outlives it, since it holds data or what data is read with.

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


def delete_plan(seen: DeletionInventory, choice: DeletionOptions) -> DeletePlan:
    """Plan the end of a cluster."""
    # Which volumes are to outlive their claims is known to the API alone.
    unknown = choice.keep_volumes or seen.held is None
    kept: frozenset[str] = seen.held.kept if seen.held else frozenset()
    stay = tuple(one for one in seen.made if one.kind == "volume" and (unknown or one.id in kept))
    swept = tuple(one for one in seen.made if one not in stay)
    return DeletePlan(seen, swept, stay, tuple(_refusals(seen, swept, choice)))


def _refusals(seen: DeletionInventory, swept: Sequence[Leftover], choice: DeletionOptions) -> Iterator[Refusal]:
    if seen.held is None and seen.nodes and swept and not choice.without_api:
        yield Refusal(
            "the API",
            f"no control-plane node answers ({seen.silence}), so that nobody can be asked to let go of "
            f"{len(swept)} things that Kubernetes made: its controllers may make them again",
            "bring one back; or `--without-api` removes them all the same, and leaves every volume",
        )
    for name in seen.foreign:
        if seen.places.own and not seen.places.adopted:
            yield Refusal(
                name,
                "is in the cluster's own VPC and not the cluster's: it would be left without a network, "
                "and the engine would stop half-way",
                "move it elsewhere, or have its owner delete it",
            )
