"""Values as stored in etcd, possibly encrypted, read with the API server's certificate."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from urllib.request import Request, urlopen

from ..core.errors import RetryableError
from ..core.typed_json import JsonObject
from ..etcd.urls import client_url
from ..host.host import Host
from ..node.paths import ETCD_CA, ETCD_CLIENT_CERTIFICATE, ETCD_CLIENT_KEY

SECONDS = 30
PAGE = 200
"""Keys in one answer: a Secret has a megabyte at most."""

RangeQuery = Callable[[JsonObject], JsonObject]
"""Queries a range of keys through etcd's JSON gateway."""


def tls_context(host: Host) -> ssl.SSLContext:
    """TLS context with the API server's own client certificate, for members only.

    Raises:
        OSError: the certificates are missing, or do not match.
    """
    made = ssl.create_default_context(cafile=str(host.path(ETCD_CA)))
    made.load_cert_chain(str(host.path(ETCD_CLIENT_CERTIFICATE)), str(host.path(ETCD_CLIENT_KEY)))
    return made


def range_query(host: Host, addresses: Sequence[str]) -> RangeQuery:
    """Return a query function that uses the first member to answer.

    Args:
        host: the instance with the certificates.
        addresses: the members'.
    """

    def query(body: JsonObject) -> JsonObject:
        reasons: list[str] = []
        for address in addresses:
            try:
                return _post(host, f"{client_url(address)}/v3/kv/range", body)
            except (OSError, HTTPException, ValueError) as error:
                reasons.append(f"{address}: {error}")
        raise RetryableError(f"no member of etcd answers: {'; '.join(reasons)}")

    return query


def _post(host: Host, url: str, body: JsonObject) -> JsonObject:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - https
    with urlopen(request, timeout=SECONDS, context=tls_context(host)) as answer:  # noqa: S310 - https
        return json.loads(answer.read())


def values(query: RangeQuery, prefix: str) -> Iterator[bytes]:
    """Values of all keys with a prefix, page by page.

    Raises:
        RetryableError: no member answers.
    """
    start, end = prefix.encode(), prefix.encode()[:-1] + bytes([prefix.encode()[-1] + 1])
    while True:
        found = query({"key": _base64(start), "range_end": _base64(end), "limit": str(PAGE)})
        entries: Sequence[Mapping[str, str]] = found.get("kvs", [])
        for entry in entries:
            yield base64.b64decode(entry.get("value", ""))
        if not found.get("more") or not entries:
            return
        start = base64.b64decode(entries[-1]["key"]) + b"\0"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
