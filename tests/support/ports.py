"""Ports of this machine."""

import socket
import time


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stops_listening(port: int, seconds: float = 30) -> bool:
    """True if nothing listens any more within a while."""
    deadline = time.monotonic() + seconds
    while listens(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
