"""HTTP probe of a load balancer, as if a name pointed to it already."""

import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        address: the load balancer's DNS name.
        host: the host name, in the request and in TLS.
        port: the port.
        path: the path.
        tls: if true, with TLS; the certificate must be valid for the name.
        seconds: the time limit.
    """

    address: str
    host: str
    port: int
    path: str
    tls: bool
    seconds: float = 5


def probe(request: Request, trust: ssl.SSLContext | None = None) -> str:
    """Probe each address of the load balancer's name.

    Args:
        request: the request.
        trust: the trusted authorities; by default this machine's.

    Returns:
        The fault of one of the answers; empty if all are good.
    """
    try:
        found = socket.getaddrinfo(request.address, request.port, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        return f"{request.address}: {error}"
    addresses = sorted({str(info[4][0]) for info in found})
    return next((why for why in (_try_address(request, address, trust) for address in addresses) if why), "")


def _try_address(request: Request, address: str, trust: ssl.SSLContext | None) -> str:
    place = f"{request.address} ({address}:{request.port})"
    try:
        status = _status(request, address, trust)
    except (OSError, HTTPException) as error:
        return f"{place} for {request.host}: {error or type(error).__name__}"
    return "" if 200 <= status < 400 else f"{place} answers {status} to {request.path} for {request.host}"


def _status(request: Request, address: str, trust: ssl.SSLContext | None) -> int:
    connection = HTTPConnection(request.host, request.port, timeout=request.seconds)
    with socket.create_connection((address, request.port), request.seconds) as plain:
        context = (trust or ssl.create_default_context()) if request.tls else None
        connection.sock = context.wrap_socket(plain, server_hostname=request.host) if context else plain
        try:
            connection.request("GET", request.path, headers={"Host": _host(request), "User-Agent": "tripod-cutover"})
            return connection.getresponse().status
        finally:
            connection.close()


def _host(request: Request) -> str:
    """The name as a browser sends it: with a port only if it is not the scheme's own."""
    usual = 443 if request.tls else 80
    return request.host if request.port == usual else f"{request.host}:{request.port}"
