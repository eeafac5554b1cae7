"""Asking a load balancer as if a name led to it already."""

import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        address: whom: the load balancer's DNS name.
        host: the name that is asked for, in the request and in TLS.
        port: the port.
        path: the path.
        tls: whether with TLS; the certificate must be good for the name.
        seconds: how long an answer may take.
    """

    address: str
    host: str
    port: int
    path: str
    tls: bool
    seconds: float = 5


def probe(question: Question, trust: ssl.SSLContext | None = None) -> str:
    """Ask each address behind the load balancer's name, and judge the answers.

    Args:
        question: what.
        trust: who is trusted; by default whom this machine trusts.

    Returns:
        Why one of the answers is no good; empty where all are.
    """
    try:
        found = socket.getaddrinfo(question.address, question.port, socket.AF_INET, socket.SOCK_STREAM)
    except OSError as error:
        return f"{question.address}: {error}"
    addresses = sorted({str(info[4][0]) for info in found})
    return next((why for why in (_asked(question, address, trust) for address in addresses) if why), "")


def _asked(question: Question, address: str, trust: ssl.SSLContext | None) -> str:
    place = f"{question.address} ({address}:{question.port})"
    try:
        status = _status(question, address, trust)
    except (OSError, HTTPException) as error:
        return f"{place} for {question.host}: {error or type(error).__name__}"
    return "" if 200 <= status < 400 else f"{place} answers {status} to {question.path} for {question.host}"


def _status(question: Question, address: str, trust: ssl.SSLContext | None) -> int:
    connection = HTTPConnection(question.host, question.port, timeout=question.seconds)
    with socket.create_connection((address, question.port), question.seconds) as plain:
        context = (trust or ssl.create_default_context()) if question.tls else None
        connection.sock = context.wrap_socket(plain, server_hostname=question.host) if context else plain
        try:
            connection.request("GET", question.path, headers={"Host": _host(question), "User-Agent": "tripod-cutover"})
            return connection.getresponse().status
        finally:
            connection.close()


def _host(question: Question) -> str:
    """The name as a browser sends it: with a port only where that is not the scheme's own."""
    usual = 443 if question.tls else 80
    return question.host if question.port == usual else f"{question.host}:{question.port}"
