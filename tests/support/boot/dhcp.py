"""The VPC's DHCP server: it tells known interfaces their fixed addresses."""

import socket
import struct
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network

from support.controlplane.instances.namespace import BRIDGE

_SERVER_PORT, _CLIENT_PORT = 67, 68
_COOKIE = bytes((99, 130, 83, 99))
_FIXED = 236
"""Bytes before the cookie."""
_REQUEST, _REPLY = 1, 2
_DISCOVER, _OFFER, _ASK, _ACKNOWLEDGE = 1, 2, 3, 5
_MASK, _ROUTER, _LEASE, _KIND, _SERVER = 1, 3, 51, 53, 54
_LEASE_SECONDS = 3600


@contextmanager
def dhcp_server(router: IPv4Address, network: IPv4Network, addresses: Mapping[str, IPv4Address]) -> Generator[None]:
    """Answer while a block runs.

    Args:
        router: the server's own address, which is the router's.
        network: the VPC's range.
        addresses: hardware address → address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, BRIDGE.encode())
        server.bind(("", _SERVER_PORT))
        stopped = threading.Event()
        server.settimeout(0.5)

        def serve() -> None:
            while not stopped.is_set():
                try:
                    message = server.recv(4096)
                except TimeoutError:
                    continue
                answer = answer_to(message, router, network, addresses)
                if answer:
                    server.sendto(answer, ("255.255.255.255", _CLIENT_PORT))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()


def answer_to(
    message: bytes, router: IPv4Address, network: IPv4Network, addresses: Mapping[str, IPv4Address]
) -> bytes | None:
    """The answer to a message; None where there is none."""
    if len(message) <= _FIXED or message[0] != _REQUEST or message[_FIXED : _FIXED + 4] != _COOKIE:
        return None
    address = addresses.get(message[28:34].hex(":"))
    kinds = {bytes((_DISCOVER,)): _OFFER, bytes((_ASK,)): _ACKNOWLEDGE}
    kind = kinds.get(_options(message[_FIXED + 4 :]).get(_KIND, b""))
    if address is None or kind is None:
        return None
    # Operation, hardware and transaction are the client's; then come its address and this server's.
    head = bytes((_REPLY,)) + message[1:8] + bytes(8) + address.packed + router.packed + bytes(4) + message[28:44]
    options = {
        _KIND: bytes((kind,)),
        _SERVER: router.packed,
        _LEASE: struct.pack("!I", _LEASE_SECONDS),
        _MASK: network.netmask.packed,
        _ROUTER: router.packed,
    }
    written = b"".join(bytes((code, len(content))) + content for code, content in options.items())
    return head.ljust(_FIXED, b"\0") + _COOKIE + written + b"\xff"


def _options(content: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place + 1 < len(content) and content[place] != 255:
        if content[place] == 0:
            place += 1
            continue
        length = content[place + 1]
        found[content[place]] = content[place + 2 : place + 2 + length]
        place += 2 + length
    return found
