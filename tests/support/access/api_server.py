"""An HTTPS server in the place of an API server, with a certificate of the cluster's authority."""

import json
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509

from support.controlplane.authority import Authority, Usage
from tripod.control_plane.kubeconfig import ApiAccess, kubeconfig

NAME = "api.demo.internal"
AUTHORITY = Authority("kubernetes")


@dataclass
class ApiServer:
    """An API server that answers as a test wants.

    Attributes:
        port: its port.
        nodes: the control-plane nodes that it lists.
        failing: the checks of /readyz that fail.
    """

    port: int = 0
    nodes: list[str] = field(default_factory=lambda: ["i-1", "i-2", "i-3"])
    failing: list[str] = field(default_factory=list[str])

    def answer(self, path: str, user: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        if path.startswith("/readyz"):
            return (500, "".join(f"[-]{name} failed\n" for name in self.failing)) if self.failing else (200, "ok")
        if user != "CN=tripod:deployer":
            return 401, ""
        assert path == "/api/v1/nodes?labelSelector=node-role.kubernetes.io/control-plane"
        return 200, json.dumps({"items": [{"metadata": {"name": name}} for name in self.nodes]})


def kubeconfig_to(port: int, authority: Authority = AUTHORITY) -> str:
    """The kubeconfig of a stack's own program whose API is reached at a port of this machine."""
    issued = AUTHORITY.issue("tripod:deployer", [Usage.CLIENT])
    return kubeconfig(
        "demo",
        ApiAccess(f"https://127.0.0.1:{port}", NAME),
        authority.certificate.decode(),
        issued.certificate.decode(),
        issued.key.decode(),
    )


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        # Somebody looked whether it listens, and asked nothing.
        del request, client_address


@contextmanager
def api_server(folder: Path) -> Generator[ApiServer]:
    """Serve until the test ends."""
    api = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.connection, ssl.SSLSocket)
            shown = self.connection.getpeercert(binary_form=True)
            user = x509.load_der_x509_certificate(shown).subject.rfc4514_string() if shown else ""
            status, text = api.answer(self.path, user)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    issued = AUTHORITY.issue("kube-apiserver", [Usage.SERVER], names=[NAME])
    for name, content in (("ca", AUTHORITY.certificate), ("server", issued.certificate + issued.key)):
        (folder / f"{name}.pem").write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(folder / "server.pem")
    server = _Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
