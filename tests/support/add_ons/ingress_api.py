"""A Kubernetes API with Ingresses alone, in memory: what a controller that watches them asks for."""

import json
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/apis/networking.k8s.io/v1/ingresses"
_KIND = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"}


def ingress(name: str, hosts: Sequence[str], load_balancer: str, visibility: str) -> dict[str, Any]:
    """An Ingress in the namespace shop, served by a load balancer."""
    return {
        **_KIND,
        "metadata": {"name": name, "namespace": "shop", "labels": {"tripod.dns/visibility": visibility}},
        "spec": {"rules": [{"host": host} for host in hosts]},
        "status": {"loadBalancer": {"ingress": [{"hostname": load_balancer}]}},
    }


@contextmanager
def ingress_api(ingresses: Sequence[dict[str, Any]]) -> Generator[str]:
    """Serve Ingresses while a block runs; its address."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            self.send_response(200 if parts.path == PATH else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if parts.path != PATH:
                return
            if "watch" not in query:
                listed = {
                    "apiVersion": _KIND["apiVersion"],
                    "kind": "IngressList",
                    "metadata": {"resourceVersion": "1"},
                }
                self.wfile.write(json.dumps({**listed, "items": list(ingresses)}).encode())
                return
            if "sendInitialEvents" in query:
                for one in ingresses:
                    self._event("ADDED", one)
                # client-go's end of a list that comes as a watch.
                ends = {"resourceVersion": "1", "annotations": {"k8s.io/initial-events-end": "true"}}
                self._event("BOOKMARK", {**_KIND, "metadata": ends})
            ended.wait()

        def _event(self, type_: str, body: dict[str, Any]) -> None:
            self.wfile.write(json.dumps({"type": type_, "object": body}).encode() + b"\n")
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
