"""Where things lie in the cluster's buckets."""

SNAPSHOT_FOLDER = "etcd/"
"""All that members put into the snapshots' bucket."""

SNAPSHOT_PREFIX = f"{SNAPSHOT_FOLDER}snapshots/"
"""Snapshots of etcd, each under the time that it was taken at. They expire."""

LATEST_SNAPSHOT = f"{SNAPSHOT_FOLDER}latest.db"
"""A copy of the newest one, which does not expire: of a cluster that is gone, one snapshot stays."""

PAYLOAD_OBJECTS = "boot/*"
"""All that nodes read, in the payload bucket."""


def archive_key(sha256: str) -> str:
    """The boot agent's archive: named by its content, so that a launch template changes only when it does."""
    return f"boot/agent-{sha256}.tar"


def document_key(role: str, sha256: str) -> str:
    """A role's document, named by its content."""
    return f"boot/{role}-{sha256}.json"


TOPOLOGY_KEY = "boot/topology.json"
"""The members of etcd. It changes while the cluster grows, and no launch template with it."""
