"""Asking a load balancer for a name that does not lead to it yet: real sockets, real TLS."""

import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tripod.operations.cutover.http_probe import Request, probe

HOST = "shop.example.com"


class Handler(BaseHTTPRequestHandler):
    """Answers by the path, to one name alone."""

    def do_GET(self) -> None:
        known = (self.headers["Host"] or "").split(":")[0] == HOST
        self.send_response(int(self.path.strip("/")) if known else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class' name
        """Say nothing."""


@contextmanager
def served(context: ssl.SSLContext | None = None) -> Generator[int]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def question(port: int, path: str = "/200", host: str = HOST, *, tls: bool = False) -> Request:
    return Request("localhost", host, port, path, tls, seconds=5)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize("path", ["/200", "/204", "/302"])
def test_a_good_answer_to_the_name_is_good(path: str) -> None:
    with served() as port:
        assert probe(question(port, path)) == ""


@pytest.mark.parametrize("status", ["404", "500", "503"])
def test_a_bad_answer_is_told(status: str) -> None:
    with served() as port:
        told = probe(question(port, f"/{status}"))
    assert told == f"localhost (127.0.0.1:{port}) answers {status} to /{status} for {HOST}"


def test_a_new_side_that_does_not_know_the_name_is_not_well() -> None:
    with served() as port:
        assert "answers 404" in probe(question(port, host="other.example.com"))


def test_nobody_who_listens_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert "refused" in probe(question(taken.getsockname()[1]))


def test_a_load_balancer_that_has_no_address_is_told() -> None:
    assert probe(Request("nowhere.invalid", HOST, 80, "/", tls=False)).startswith("nowhere.invalid: ")


def test_the_certificate_must_be_good_for_the_name_that_moves(authority: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority)
    trust = ssl.create_default_context(cafile=str(authority))
    with served(server) as port:
        assert probe(question(port, tls=True), trust) == ""
        assert "certificate is not valid for 'other.example.com'" in probe(
            question(port, host="other.example.com", tls=True), trust
        )
        assert "certificate verify failed" in probe(question(port, tls=True))
