"""Where members of etcd are reached."""

CLIENT_PORT = 2379
PEER_PORT = 2380
METRICS_PORT = 2381


def client_url(address: str) -> str:
    """Where a member's clients reach it."""
    return f"https://{address}:{CLIENT_PORT}"


def peer_url(address: str) -> str:
    """Where the other members reach it."""
    return f"https://{address}:{PEER_PORT}"


def metrics_url(address: str) -> str:
    """Where its metrics are read; the security group says by whom."""
    return f"http://{address}:{METRICS_PORT}"
