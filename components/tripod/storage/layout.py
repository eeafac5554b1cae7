"""Object keys in the cluster's buckets."""

SNAPSHOT_FOLDER = "etcd/"
"""Prefix of all objects that etcd members write to the snapshot bucket."""

SNAPSHOT_PREFIX = f"{SNAPSHOT_FOLDER}snapshots/"
"""Prefix of etcd snapshots, each named by the time of its creation. They expire."""

LATEST_SNAPSHOT = f"{SNAPSHOT_FOLDER}latest.db"
"""Key of a copy of the newest snapshot. It does not expire, so that one remains after the cluster is destroyed."""

PAYLOAD_OBJECTS = "boot/*"
"""Pattern of all objects that nodes read from the payload bucket."""


def archive_key(sha256: str) -> str:
    """Key of the boot agent's archive, named by its content: a launch template changes only if the archive does."""
    return f"boot/agent-{sha256}.tar"


def document_key(role: str, sha256: str) -> str:
    """Key of a role's boot document, named by its content."""
    return f"boot/{role}-{sha256}.json"


TOPOLOGY_KEY = "boot/topology.json"
"""Key of the list of etcd members. It changes as the cluster grows, without changing any launch template."""
