"""Client of the Kubernetes API: kubectl, with a kubeconfig on the node."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.host import CommandError, Host
from ..instance.context import Agent
from .paths import ADMIN, API_PORT

FIELD_MANAGER = "tripod-agent"
CACHE = "/var/cache/tripod/kubectl"

_REFUSAL = re.compile(r"Error from server \((\w+)\)")
_TRANSIENT_REASONS = {"ServiceUnavailable", "InternalError", "Timeout", "ServerTimeout"}
_TRANSIENT_MESSAGES = (
    "connection refused",
    "connection reset",
    "Unable to connect to the server",
    "i/o timeout",
    "TLS handshake timeout",
    "context deadline exceeded",
    "request canceled",
    "no route to host",
    "unexpected EOF",
    "http2: client connection lost",
    "etcdserver: ",
    "the server is currently unable to handle the request",
    "was refused - did you specify the right host or port",
)


_LONGEST = 300
"""The most characters of kubectl's message in ours: a server that is not ready lists all its parts."""


class ApiError(AgentError):
    """The API refuses a request.

    Attributes:
        reason: Kubernetes' reason: Conflict, NotFound, TooManyRequests and so on; empty if kubectl prints none.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Kubectl:
    """Kubectl with an identity at an API server.

    Attributes:
        host: the instance.
        kubeconfig: the file with the identity.
        server: the API server's URL, if it is not the file's.
    """

    host: Host
    kubeconfig: str
    server: str | None = None

    def run(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl, and return its output.

        Args:
            *arguments: its command and arguments. No secret: they show in the process list.
            given: its standard input.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        place = () if self.server is None else (f"--server={self.server}",)
        try:
            return self.host.run(
                "kubectl",
                f"--kubeconfig={self.host.path(self.kubeconfig)}",
                *place,
                f"--cache-dir={self.host.path(CACHE)}",
                "--request-timeout=30s",
                *arguments,
                given=given,
                seconds=90,
            )
        except CommandError as error:
            raise _error_from(error, arguments[0]) from error

    def json(self, *arguments: str) -> JsonObject:
        """Run kubectl, and parse its JSON output.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        printed = self.run(*arguments)
        return json.loads(printed) if printed.strip() else {}

    def find(self, kind: str, name: str, namespace: str | None = None) -> JsonObject | None:
        """Read an object; None if it does not exist.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        place = () if namespace is None else ("--namespace", namespace)
        return self.json("get", kind, name, *place, "--ignore-not-found", "--output=json") or None

    def list(self, kind: str, *arguments: str) -> list[JsonObject]:
        """List objects of a kind.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        return self.json("get", kind, *arguments, "--output=json")["items"]

    def create(self, body: JsonObject) -> None:
        """Create an object.

        Raises:
            ApiError: there is one already (AlreadyExists), or the API refuses.
            RetryableError: no server answers, or not now.
        """
        self.run("create", "--filename=-", given=json.dumps(body))

    def post(self, path: str, body: JsonObject) -> None:
        """Create an object by its path in the API.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        self.run("create", f"--raw={path}", "--filename=-", given=json.dumps(body))

    def put(self, path: str, body: JsonObject) -> None:
        """Replace an object by its path in the API, if it still has the body's resourceVersion.

        Raises:
            ApiError: it has not (Conflict), or the API refuses.
            RetryableError: no server answers, or not now.
        """
        self.run("replace", f"--raw={path}", "--filename=-", given=json.dumps(body))

    def apply(self, bodies: Iterable[JsonObject]) -> None:
        """Apply objects server-side.

        Raises:
            ApiError: the API refuses.
            RetryableError: no server answers, or not now.
        """
        items = {"apiVersion": "v1", "kind": "List", "items": list(bodies)}
        self.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={FIELD_MANAGER}",
            "--filename=-",
            given=json.dumps(items),
        )


def own_api(agent: Agent) -> Kubectl:
    """Client of a control-plane node's own API server, as an administrator, without the load balancer."""
    return Kubectl(agent.host, ADMIN, f"https://{agent.identity().address}:{API_PORT}")


def await_own_api(agent: Agent) -> str:
    """Wait until a control-plane node's own API server is ready.

    Raises:
        AgentError: it was not ready in time.
    """
    kubectl = own_api(agent)

    def check() -> None:
        try:
            kubectl.run("get", "--raw=/readyz")
        except ApiError as error:
            # While it starts its RBAC is not loaded yet, and it refuses everybody.
            raise RetryableError(str(error)) from error

    agent.retry("this node's API server", check)
    return "this node's API server is ready"


def _error_from(error: CommandError, what: str) -> Exception:
    """Convert a failure of kubectl to an error of ours."""
    refused = _REFUSAL.search(error.output)
    reason = refused[1] if refused else ""
    lines = error.output.strip().splitlines()
    said = lines[-1] if lines else f"it ended with {error.code}"
    message = f"kubectl {what}: {said if len(said) <= _LONGEST else said[:_LONGEST] + '…'}"
    if reason in _TRANSIENT_REASONS or any(words in error.output for words in _TRANSIENT_MESSAGES):
        return RetryableError(message)
    return ApiError(reason, message)
