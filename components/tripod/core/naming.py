"""Physical names and tags. They are an API: to change one replaces what bears it."""

import hashlib
from collections.abc import Iterator, Mapping

from tripod.core.problems import MapKey, Problem

OWNER_TAG_KEYS = ("project", "owner", "environment", "cluster")
"""Tags for cost allocation, which every taggable resource has."""

INCARNATION_TAG = "tripod:incarnation"
"""Tag with the cluster incarnation, of a resource that is retained when the cluster is destroyed."""

ROLE_TAG = "tripod:role"
"""Tag with the role of a resource: etcd, control-plane, workers and so on."""

ENVIRONMENTS = (
    "local",
    "dev",
    "develop",
    "development",
    "test",
    "testing",
    "qa",
    "stage",
    "staging",
    "prod",
    "production",
)
"""Common names of environments, after which no image is named: one image is for all of them."""

MEMBER_TAG = "tripod:member"
"""Tag of what belongs to one etcd member, such as its volume: the member's name."""

API_LABEL = "api"
"""The API's name within the private zone."""

_RESERVED_PREFIXES = ("aws:", "tripod:", "kubernetes.io/", "k8s.io/")
_RESERVED_KEYS = (*OWNER_TAG_KEYS, "Name", "KubernetesCluster")


def truncate_with_hash(name: str, limit: int) -> str:
    """A name of at most ``limit`` characters; a longer one ends in a digest, so that names stay different."""
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: limit - 7].rstrip('-')}-{digest}"


def physical_name(cluster: str, *parts: str | int, limit: int = 255) -> str:
    """``<cluster>-<part>-<part>``, at most ``limit`` characters."""
    return truncate_with_hash("-".join((cluster, *(str(part) for part in parts))), limit)


def ownership_tag(cluster: str) -> str:
    """The tag key by which Kubernetes' controllers find the resources of a cluster, with value owned or shared."""
    return f"kubernetes.io/cluster/{cluster}"


def owned_tags(cluster: str, tags: Mapping[str, str], **more: str) -> dict[str, str]:
    """Tags of a resource that belongs to a cluster alone.

    Args:
        cluster: the cluster's name.
        tags: the stack's own tags: project, owner, environment and what a team adds.
        more: further tags of this resource, such as Name.
    """
    return {**tags, "cluster": cluster, ownership_tag(cluster): "owned", **more}


def tag_problems(tags: Mapping[str, str]) -> Iterator[Problem]:
    """Find a team's tags with keys that are reserved by the library or by Kubernetes."""
    for key in tags:
        if key in _RESERVED_KEYS or key.startswith(_RESERVED_PREFIXES):
            yield Problem(
                ("tags", MapKey(key)),
                repr(key),
                f"any key but {', '.join(_RESERVED_KEYS)} and those that begin with {', '.join(_RESERVED_PREFIXES)}",
                "choose another key; owner, project and environment are fields of their own",
            )
