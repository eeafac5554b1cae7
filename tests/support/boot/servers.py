"""HTTP servers beside AWS itself: an instance's metadata service, and a mirror of binaries."""

import json
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-session-token"  # noqa: S105
_LIFE = "X-aws-ec2-metadata-token-ttl-seconds"
_SHOWN = "X-aws-ec2-metadata-token"

Tree = Mapping[str, "Tree | str"]


class _Handler(BaseHTTPRequestHandler):
    """Answers from memory."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, content: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def _served(address: str, port: int, handler: type[_Handler]) -> Generator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer((address, port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class MetadataService:
    """The instance metadata service of one instance: IMDSv2 alone, without a token there is no answer.

    Attributes:
        tree: what there is: a folder is a mapping, a leaf a text.
        refused: the paths that were asked for without a token.
    """

    def __init__(self) -> None:
        self.tree: Tree = {}
        self.refused: list[str] = []

    def describe(self, *, instance: str, address: str, mac: str, zone: str, role: str, user_data: str) -> None:
        """Set the instance that the service describes from now on."""
        end = datetime.now(UTC) + timedelta(hours=6)
        keys = {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "AccessKeyId": "emulated",
            "SecretAccessKey": "emulated",
            "Token": "emulated",
            "Expiration": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "LastUpdated": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
        document = {"instanceId": instance, "availabilityZone": zone, "region": zone[:-1], "privateIp": address}
        interface = {"device-number": "0", "local-ipv4s": address, "mac": mac}
        self.tree = {
            "meta-data": {
                "ami-id": "ami-0123456789abcdef0",
                "hostname": f"ip-{address.replace('.', '-')}.ec2.internal",
                "local-hostname": f"ip-{address.replace('.', '-')}.ec2.internal",
                "instance-id": instance,
                "instance-type": "m7i.large",
                "local-ipv4": address,
                "mac": mac,
                "network": {"interfaces": {"macs": {mac: interface}}},
                "placement": {"availability-zone": zone, "region": zone[:-1]},
                "iam": {"security-credentials": {role: json.dumps(keys)}},
            },
            "dynamic": {"instance-identity": {"document": json.dumps(document)}},
            "user-data": user_data,
        }

    @contextmanager
    def served(self, address: str, port: int = 80) -> Generator[None]:
        """Answer while a block runs."""
        service = self

        class Handler(_Handler):
            def do_PUT(self) -> None:
                known = self.path.endswith("/api/token") and self.headers.get(_LIFE, "").isdigit()
                life = {_LIFE: self.headers.get(_LIFE, "")}
                self.answer(200, TOKEN.encode(), life) if known else self.answer(400)

            def do_GET(self) -> None:
                if self.headers.get(_SHOWN) != TOKEN:
                    service.refused.append(self.path)
                    self.answer(401)
                    return
                found = service.find(self.path)
                self.answer(404) if found is None else self.answer(200, found.encode())

        with _served(address, port, Handler):
            yield

    def find(self, path: str) -> str | None:
        """The entry at a path such as /latest/meta-data/; None where there is none."""
        _version, *names = [name for name in path.split("/") if name]
        found: Tree | str = self.tree
        for name in names:
            if isinstance(found, str) or name not in found:
                return None
            found = found[name]
        if isinstance(found, str):
            return found
        return "\n".join(name if isinstance(inner, str) else f"{name}/" for name, inner in found.items())


@contextmanager
def mirror(address: str, files: Mapping[str, bytes]) -> Generator[tuple[str, list[str]]]:
    """Serve files while a block runs.

    Args:
        address: where to listen.
        files: path → content.

    Yields:
        The mirror's address, and the list of paths that were asked for, which grows.
    """
    asked: list[str] = []

    class Handler(_Handler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = files.get(self.path)
            self.answer(404) if content is None else self.answer(200, content)

    with _served(address, 0, Handler) as server:
        yield f"http://{address}:{server.server_address[1]}", asked
