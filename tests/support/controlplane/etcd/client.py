"""A client of etcd that costs no process: etcd's JSON gateway over mutual TLS."""

import base64
import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.controlplane.authority import Issued


@dataclass(frozen=True)
class Credentials:
    """Credentials of a client and the authority it trusts; files, since that is what TLS libraries and etcdctl read.

    Attributes:
        authority: the certificate of those that it calls.
        certificate: its own.
        key: its key.
    """

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def written(cls, folder: Path, name: str, authority: bytes, own: Issued) -> "Credentials":
        """Write the files."""
        made = cls(folder / f"{name}-ca.crt", folder / f"{name}.crt", folder / f"{name}.key")
        made.authority.write_bytes(authority)
        made.certificate.write_bytes(own.certificate)
        made.key.touch(0o600)
        made.key.write_bytes(own.key)
        return made

    def context(self) -> ssl.SSLContext:
        """The credentials for a connection."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        return context

    def flags(self) -> tuple[str, str, str]:
        """The credentials as options of etcdctl."""
        return f"--cacert={self.authority}", f"--cert={self.certificate}", f"--key={self.key}"


class RefusedError(OSError):
    """A member answered that it did not do what was asked."""


class Client:
    """A connection to one member. Not for several threads at once.

    Attributes:
        address: the member's.
    """

    def __init__(self, address: str, context: ssl.SSLContext, seconds: float = 10) -> None:
        self.address = address
        self._context = context
        self._seconds = seconds
        self._connection: http.client.HTTPSConnection | None = None

    def put(self, key: str, value: str) -> int:
        """Write a key; the revision at which the cluster has it.

        Raises:
            RefusedError: the member says that it is not written.
            OSError: nobody knows whether it is.
        """
        return int(self._call("/v3/kv/put", {"key": _encoded(key), "value": _encoded(value)})["header"]["revision"])

    def under(self, prefix: str) -> dict[str, tuple[str, int]]:
        """Key → value and revision of every key that begins with a prefix; linearizable."""
        found: dict[str, tuple[str, int]] = {}
        start, end = prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
        while True:
            answer = self._call("/v3/kv/range", {"key": _encoded(start), "range_end": _encoded(end), "limit": 5000})
            for one in answer.get("kvs", ()):
                found[_decoded(one["key"])] = (_decoded(one.get("value", "")), int(one["mod_revision"]))
            if not answer.get("more"):
                return found
            start = _decoded(answer["kvs"][-1]["key"]) + "\0"

    def status(self) -> dict[str, Any]:
        """The member's status: leader, header.member_id, raftIndex, dbSize."""
        return self._call("/v3/maintenance/status", {})

    def healthy(self) -> bool:
        """True if the member has a leader and answers linearizably."""
        return self._ask("GET", "/health", None).get("health") == "true"

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", path, json.dumps(body))

    def _ask(self, method: str, path: str, body: str | None) -> Any:
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                self.address, 2379, timeout=self._seconds, context=self._context
            )
        try:
            self._connection.request(method, path, body)
            response = self._connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise error if isinstance(error, OSError) else OSError(repr(error)) from error
        if response.status != 200:
            raise RefusedError(f"{self.address}{path}: {response.status} {text.strip()}")
        return json.loads(text)


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
