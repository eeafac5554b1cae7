"""Requests to an API server, as whoever has a certificate, a token, or neither."""

import http.client
import json
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
MERGE = "application/merge-patch+json"


@dataclass(frozen=True)
class Answer:
    """Answer of a server.

    Attributes:
        status: its status.
        body: its object; text where it is no JSON.
    """

    status: int
    body: Any

    @property
    def message(self) -> str:
        """Its reason for a refusal."""
        return str(self.body) if isinstance(self.body, str) else self.body.get("message", "")


@dataclass(frozen=True)
class Caller:
    """A caller of an API server; costs no process, and may be used from any thread.

    Attributes:
        address: the server's.
        context: whom it trusts, and the certificate that it shows.
        token: the token that it shows; empty for none.
    """

    address: str
    context: ssl.SSLContext = field(repr=False)
    token: str = field(default="", repr=False)

    def ask(self, method: str, path: str, body: Any = None, kind: str = JSON, seconds: float = 20) -> Answer:
        """Make a request.

        Raises:
            OSError: there is no answer.
        """
        headers = {"Content-Type": kind, "Accept": JSON}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = http.client.HTTPSConnection(self.address, 6443, timeout=seconds, context=self.context)
        with closing(connection):
            try:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = connection.getresponse()
                text = response.read().decode()
            except http.client.HTTPException as error:
                raise OSError(repr(error)) from error
        return Answer(response.status, json.loads(text) if text.lstrip().startswith("{") else text)

    def user(self) -> dict[str, Any]:
        """The caller's username and groups as the server knows them; empty where it does not."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = self.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
        return answer.body["status"]["userInfo"] if answer.status == 201 else {}

    def name(self) -> str | None:
        """The caller's username; None where the server does not know it."""
        return self.user().get("username")
