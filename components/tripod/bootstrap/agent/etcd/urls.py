"""URLs of etcd's members."""

CLIENT_PORT = 2379
PEER_PORT = 2380
METRICS_PORT = 2381


def client_url(address: str) -> str:
    """URL for a member's clients."""
    return f"https://{address}:{CLIENT_PORT}"


def peer_url(address: str) -> str:
    """URL for the other members."""
    return f"https://{address}:{PEER_PORT}"


def metrics_url(address: str) -> str:
    """URL of its metrics; the security group restricts access."""
    return f"http://{address}:{METRICS_PORT}"


OWN = "127.0.0.1"
"""A member listens here too: to reach it takes no answer of the metadata service."""
