"""Sockets of this machine."""

import socket


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Return True if something accepts connections at a port within a second."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
