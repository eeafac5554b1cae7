"""Credentials of the role, from a metadata service that is slow or fails at first; botocore is the real one."""

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest

from support.agent.clock import Clock
from tripod.bootstrap.agent.aws.client import METADATA_ATTEMPTS, AwsClient
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.instance.context import METADATA_VARIABLE

ROLE = "demo-etcd"
KEYS = {
    "Code": "Success",
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2126-01-01T00:00:00Z",
}
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
BOTOCORE_SECONDS = 1
"""botocore's own timeout."""


@dataclass
class Service:
    """A metadata service as IMDSv2 is, and an AWS that says who signs.

    Attributes:
        delays: seconds that its next tokens take.
        failures: so many of its next tokens are errors.
        signed: the access keys that AWS' requests were signed with.
    """

    delays: list[float] = field(default_factory=list[float])
    failures: int = 0
    signed: list[str] = field(default_factory=list[str])

    def token(self) -> tuple[int, str]:
        if self.delays:
            time.sleep(self.delays.pop(0))
        if self.failures:
            self.failures -= 1
            return 503, ""
        return 200, "imds-token"


@contextmanager
def serving(service: Service) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self, code: int, text: str) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_PUT(self) -> None:
            self._answer(*service.token())

        def do_GET(self) -> None:
            if self.headers.get("x-aws-ec2-metadata-token") != "imds-token":
                return self._answer(401, "")
            return self._answer(200, json.dumps(KEYS) if self.path.endswith(ROLE) else ROLE)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            service.signed.append(self.headers["Authorization"].split("Credential=")[1].split("/")[0])
            self._answer(200, IDENTITY)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")


def account(service: Service, monkeypatch: pytest.MonkeyPatch, seconds: float = 600) -> tuple[str, list[str]]:
    """The account that AWS names to an instance of this metadata service; and what was logged."""
    lines: list[str] = []
    with serving(service) as address:
        monkeypatch.setenv(METADATA_VARIABLE, address)
        cloud = AwsClient("us-west-2", lines.append, address, Clock().patience(seconds))
        return cloud.call("sts", "get_caller_identity")["Account"], lines


def test_a_token_that_is_slow_once_costs_nothing_but_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(delays=[BOTOCORE_SECONDS + 0.5])
    assert account(service, monkeypatch) == ("123456789012", [])
    assert service.signed == [KEYS["AccessKeyId"]]


def test_a_token_that_fails_once_is_asked_for_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert account(Service(failures=METADATA_ATTEMPTS - 1), monkeypatch) == ("123456789012", [])


def test_a_client_without_credentials_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(failures=2 * METADATA_ATTEMPTS)
    found, lines = account(service, monkeypatch)
    assert found == "123456789012"
    assert len(lines) == 1
    assert "no credentials" in lines[0]
    assert service.signed == [KEYS["AccessKeyId"]]


def test_an_instance_without_a_role_gives_up_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AgentError, match=r"sts:get_caller_identity: .* no credentials .* gave up after 60 s"):
        account(Service(failures=10**6), monkeypatch, 60)
