import datetime
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import BadStatusLine, IncompleteRead
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.agent.boot_stub import POINTERS, loaded
from tripod.bootstrap.archive import agent_archive
from tripod.storage.layout import archive_key, document_key

NOW = datetime.datetime(2026, 7, 14, 9, 5, 7, tzinfo=datetime.UTC)
KEYS = {"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "s3cr3t/+x", "Token": "IQoJb3JpZ2lu//+="}

DOCUMENT = b'{"role": "etcd"}'
AGENT = agent_archive()
BOOT = replace(
    POINTERS,
    agent=archive_key(AGENT.sha256),
    document=document_key("etcd", hashlib.sha256(DOCUMENT).hexdigest()),
)
OBJECTS = {BOOT.agent: AGENT.content, BOOT.document: DOCUMENT}


def unsigned(*_: object) -> str:
    return "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize("region", ["us-west-2", "cn-north-1"])
@pytest.mark.parametrize(
    "url",
    [
        f"https://demo-payload.s3.us-west-2.amazonaws.com/{POINTERS.agent}",
        f"https://demo-payload.s3.cn-north-1.amazonaws.com.cn/{POINTERS.document}",
        "https://demo-payload.s3.us-west-2.amazonaws.com/boot/topology.json",
        f"http://127.0.0.1:5566/demo-payload/{POINTERS.agent}",
    ],
)
def test_a_request_is_signed_as_botocore_signs_it(url: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    monkeypatch.setattr(botocore.auth.S3SigV4Auth, "payload", unsigned)
    request: Any = AWSRequest(method="GET", url=url)
    credentials: Any = Credentials(KEYS["AccessKeyId"], KEYS["SecretAccessKey"], KEYS["Token"])
    signer: Any = botocore.auth.S3SigV4Auth(credentials, "s3", region)
    signer.add_auth(request)
    expected = {name.lower(): value for name, value in request.headers.items()}
    signed: dict[str, str] = loaded(POINTERS).signed(url, region, KEYS, NOW)
    assert signed.keys() - expected.keys() == {"host"}
    assert {name: value for name, value in signed.items() if name != "host"} == expected
    assert signed["host"] == url.split("/")[2]


class Aws:
    """The metadata service and the payload bucket, as an instance sees them."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects = dict(objects)
        self.asked: list[Request] = []
        self.failures: list[Exception] = []

    def open(self, request: Request, timeout: float) -> io.BytesIO:
        assert timeout > 0
        self.asked.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return io.BytesIO(self.answer(request))

    def answer(self, request: Request) -> bytes:
        url = request.full_url
        if not url.startswith(BOOT.metadata):
            return self.objects[url.removeprefix(BOOT.payload + "/")]
        if request.get_method() == "PUT":
            assert url.endswith("/latest/api/token")
            assert request.get_header("X-aws-ec2-metadata-token-ttl-seconds")
            return b"token"
        assert request.get_header("X-aws-ec2-metadata-token") == "token"
        role = "/latest/meta-data/iam/security-credentials/"
        return {BOOT.metadata + role: b"demo-etcd\n", BOOT.metadata + role + "demo-etcd": json.dumps(KEYS).encode()}[
            url
        ]


class FakeHost:
    """A machine on which the stub is run."""

    def __init__(self, stub: Any, home: Path, aws: Aws) -> None:
        self.stub, self.home, self.aws = stub, home, aws
        self.waited: list[float] = []
        self.called: list[tuple[list[str], str]] = []

    def call(self, command: list[str], cwd: str) -> int:
        self.called.append((command, cwd))
        return 7


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    made = FakeHost(loaded(BOOT), tmp_path / "home", Aws(OBJECTS))
    monkeypatch.setattr(made.stub, "HOME", f"{made.home}/")
    monkeypatch.setattr(made.stub, "urlopen", made.aws.open)
    monkeypatch.setattr(made.stub, "time", SimpleNamespace(sleep=made.waited.append))
    monkeypatch.setattr(made.stub, "subprocess", SimpleNamespace(call=made.call))
    return made


@pytest.fixture
def fetch(machine: FakeHost) -> Callable[[str, str], None]:
    machine.home.mkdir()
    return machine.stub.fetch


def test_an_object_is_saved_if_it_has_the_digest_in_its_name(machine: FakeHost, fetch: Callable[..., None]) -> None:
    fetch(BOOT.document, "document.json")
    assert (machine.home / "document.json").read_bytes() == DOCUMENT


@pytest.mark.parametrize("content", [b"", DOCUMENT + b"\n", b"something else"])
def test_an_object_that_is_not_what_its_name_says_is_refused_and_not_saved(
    content: bytes, machine: FakeHost, fetch: Callable[..., None]
) -> None:
    machine.aws.objects[BOOT.document] = content
    with pytest.raises(ValueError, match="is not what its name says"):
        fetch(BOOT.document, "document.json")
    assert list(machine.home.iterdir()) == []


def test_an_object_is_asked_for_with_the_roles_own_credentials(machine: FakeHost, fetch: Callable[..., None]) -> None:
    fetch(BOOT.agent, "agent.tar")
    asked = machine.aws.asked[-1]
    assert asked.full_url == f"{BOOT.payload}/{BOOT.agent}"
    assert str(asked.get_header("Authorization")).startswith("AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/")
    assert asked.get_header("X-amz-security-token") == KEYS["Token"]


def boot(machine: FakeHost) -> object:
    with pytest.raises(SystemExit) as left:
        machine.stub.main()
    return left.value.code


def test_the_agent_is_run_where_its_pointers_and_its_document_lie(machine: FakeHost) -> None:
    assert boot(machine) == 7
    ((command, folder),) = machine.called
    assert command[1:] == ["-m", "agent", "boot"]
    assert Path(folder) == machine.home
    assert (machine.home / "agent" / "__main__.py").is_file()
    assert (machine.home / "document.json").read_bytes() == DOCUMENT
    assert json.loads((machine.home / "boot.json").read_text()) == machine.stub.BOOT


def test_it_tries_again_until_aws_answers_and_never_waits_longer_than_a_minute(machine: FakeHost) -> None:
    machine.aws.failures = [OSError("no route")] * 8
    assert boot(machine) == 7
    assert machine.waited == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("failure", [IncompleteRead(b"half"), BadStatusLine("x"), ValueError(), KeyError("Token")])
def test_an_answer_that_breaks_off_or_makes_no_sense_is_asked_for_again(failure: Exception, machine: FakeHost) -> None:
    machine.aws.failures = [failure]
    assert boot(machine) == 7
    assert machine.waited == [1]


def test_what_is_refused_is_never_run(machine: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    class EnoughError(Exception):
        """Ends a loop that has no end of its own."""

    def sleep(seconds: float) -> None:
        machine.waited.append(seconds)
        if len(machine.waited) == 3:
            raise EnoughError

    monkeypatch.setattr(machine.stub, "time", SimpleNamespace(sleep=sleep))
    machine.aws.objects[BOOT.agent] = b"something else"
    with pytest.raises(EnoughError):
        machine.stub.main()
    assert machine.called == []
    assert list(machine.home.iterdir()) == []
