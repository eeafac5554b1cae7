"""Physical names and tags. They are an API: to change one replaces what bears it."""

import hashlib
import re
from collections.abc import Iterator, Mapping

from tripod.core.problems import MapKey, Problem

OWNER_TAG_KEYS = ("project", "owner", "environment", "cluster")
"""Tags for cost allocation, which every taggable resource has."""

INCARNATION_TAG = "tripod:incarnation"
"""Tag with the cluster incarnation, of a resource that is retained when the cluster is destroyed."""

ROLE_TAG = "tripod:role"
"""Tag with the role of a resource: etcd, control-plane, workers and so on."""

KUBELET_KEY_TAG = "tripod:kubelet-key"
"""Tag of a worker, set by the approver: the first public key that a certificate was requested for."""

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
RESERVED_NAME_PREFIXES = ("amzn-s3-demo-", "aws", "internal-", "sg-", "ssm", "sthree-", "xn--")
"""Beginnings that AWS refuses in names that begin with a cluster's: of security groups (sg-) and load balancers
(internal-; provider 5.100, vpc_security_group.go and elbv2/validate.go), of parameters (/aws, /ssm; API reference of
PutParameter) and of buckets (bucket naming rules of S3)."""

OBJECT_TAGS = 10
"""Tags of one S3 object at most. Others resources may have 50."""

TEAM_TAGS = OBJECT_TAGS - len(("Name", ROLE_TAG, "kubernetes.io/cluster/…", *OWNER_TAG_KEYS))
"""Tags that a team may add to every resource, beside those that an object has already."""

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


def cluster_name_problems(name: str) -> Iterator[Problem]:
    """Find a cluster's name that physical names cannot begin with."""
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,22}[a-z0-9])?", name):
        yield Problem(("name",), repr(name), "lower-case letters, digits, hyphens; at most 24", "change the name")
    for prefix in RESERVED_NAME_PREFIXES:
        if f"{name}-".startswith(prefix):
            yield Problem(
                ("name",), repr(name), f"a name that does not begin with {prefix}: AWS reserves it", "change the name"
            )


def tag_count_problems(count: int, given: str) -> Iterator[Problem]:
    """Find more tags of a team than S3 takes.

    Args:
        count: their number.
        given: what the stack has, for the message.
    """
    if count > TEAM_TAGS:
        yield Problem(
            ("tags",),
            given,
            f"at most {TEAM_TAGS}: an S3 object takes {OBJECT_TAGS}, and the others are the library's own",
            "remove tags, or give them to the resources that need them",
        )


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
