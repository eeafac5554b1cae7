"""The emulated AWS without a socket: clients of this process call its emulator as a function."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore import httpsession
from botocore.awsrequest import AWSResponse
from urllib3 import HTTPResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tripod.rehearsal.moto_server import emulated_aws

_session: Any = httpsession.URLLib3Session
_over_a_socket = _session.send
_addresses: set[str] = set()


@contextmanager
def emulated_aws_in_process() -> Generator[str]:
    """Run the emulator. Other processes reach it by HTTP, which would take a third of each call of this one."""
    with emulated_aws() as address:
        _addresses.add(address)
        try:
            yield address
        finally:
            _addresses.remove(address)


def _send(session: Any, request: Any) -> Any:
    url: str = request.url
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    if base not in _addresses:
        return _over_a_socket(session, request)
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = [(key, value.decode() if isinstance(value, bytes) else value) for key, value in request.headers.items()]
    path = url.removeprefix(base)
    call = EnvironBuilder(path, base, method=request.method, headers=headers, input_stream=BytesIO(body))
    call.content_length = len(body)
    content, status, answered = run_wsgi_app(_emulator(), call.get_environ(), buffered=True)
    held = b"" if request.method == "HEAD" else b"".join(content)
    code = int(status.split()[0])
    # To a HEAD, the length is that of a body that does not come.
    raw = HTTPResponse(BytesIO(held), dict(answered), code, preload_content=False, request_method=request.method)
    return AWSResponse(url, code, raw.headers, raw)


@cache
def _emulator() -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415

    return DomainDispatcherApplication(create_backend_app)


_session.send = _send
