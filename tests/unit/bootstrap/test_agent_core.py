"""What every phase of the boot agent stands on: retries, files, metadata, documents, calls to AWS."""

import json
from collections.abc import Callable, Generator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from support.agent.boot_stub import POINTERS
from support.agent.clock import Clock
from support.agent.http_server import serving
from support.agent.instance import DOCUMENT
from support.agent.kubernetes_nodes import control_plane, worker
from tripod.bootstrap.agent.aws.metadata import Metadata
from tripod.bootstrap.agent.core.errors import AgentError, RetryableError
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.agent.core.phases import Phase, run_phases
from tripod.bootstrap.agent.core.retry import retry
from tripod.bootstrap.agent.host.host import CommandError, Host
from tripod.bootstrap.agent.instance.config import InstanceConfig, load_config, read_document
from tripod.bootstrap.agent.instance.documents import BootDocument
from tripod.bootstrap.documents import (
    document_text,
)


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Something that fails some times before it succeeds."""
    left = iter(range(times))

    def act() -> str:
        if next(left, None) is not None:
            raise error
        return "done"

    return act


def test_what_passes_is_tried_again_with_longer_and_longer_waits() -> None:
    clock, lines = Clock(), list[str]()
    assert retry("it", failing(4, RetryableError("not yet")), clock.patience(), lines.append) == "done"
    assert lines == ["it: not yet; trying again"]
    assert all(wait <= 2**index for index, wait in enumerate(clock.waits))
    assert all(wait >= 2**index / 2 for index, wait in enumerate(clock.waits))


def test_it_ends_with_one_message_when_time_is_up() -> None:
    clock = Clock()
    with pytest.raises(AgentError, match="it: not yet; gave up after 60 s"):
        retry("it", failing(1000, RetryableError("not yet")), clock.patience(60), lambda _: None)
    assert 15 < clock.time <= 60


def test_what_does_not_pass_is_not_tried_again() -> None:
    clock = Clock()
    with pytest.raises(AgentError, match="no"):
        retry("it", failing(1, AgentError("no")), clock.patience(), lambda _: None)
    assert clock.waits == []


def test_a_file_is_written_once_with_its_mode(tmp_path: Path) -> None:
    host = Host(tmp_path)
    assert host.write("/etc/it", "text", 0o600)
    assert (tmp_path / "etc/it").stat().st_mode & 0o777 == 0o600
    assert not host.write("/etc/it", "text", 0o600)
    assert host.write("/etc/it", "text", 0o644)
    assert host.write("/etc/it", "other")
    assert host.read("/etc/it") == "other"
    assert host.read("/etc/none") is None
    assert [file.name for file in (tmp_path / "etc").iterdir()] == ["it"]


def test_a_command_that_fails_says_its_last_line() -> None:
    host = Host()
    assert host.run("cat", given="secret") == "secret"
    with pytest.raises(CommandError, match="ended with 3: second") as failure:
        host.run("sh", "-c", "echo first >&2; echo second >&2; exit 3")
    assert failure.value.code == 3
    with pytest.raises(CommandError, match="is not installed"):
        host.run("no-such-command")
    with pytest.raises(CommandError, match="longer than"):
        host.run("sleep", "5", seconds=0.05)
    assert host.succeeds("true")
    assert not host.succeeds("false")


@pytest.fixture
def metadata() -> Generator[Metadata]:
    """A metadata service that wants a token, knows an id, and breaks at one path."""
    known = {"/latest/meta-data/instance-id": (200, b"i-1"), "/latest/broken": (500, b"")}

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        if request.command == "PUT":
            return 200, b"token"
        allowed = request.headers["X-aws-ec2-metadata-token"] == "token"
        return known.get(request.path, (404, b"")) if allowed else (401, b"")

    with serving(answer) as address:
        yield Metadata(f"http://{address}")


def test_metadata_are_asked_for_with_a_token(metadata: Metadata) -> None:
    assert metadata.get("meta-data/instance-id") == "i-1"
    assert metadata.find("meta-data/none") is None
    with pytest.raises(RetryableError, match="does not know meta-data/none"):
        metadata.get("meta-data/none")
    with pytest.raises(RetryableError, match="answers 500"):
        metadata.get("broken")


def test_metadata_that_cannot_be_reached_pass() -> None:
    with pytest.raises(RetryableError, match="does not answer"):
        Metadata("http://127.0.0.1:1").get("meta-data/instance-id")


DOCUMENTS: dict[str, BootDocument] = {"etcd": DOCUMENT, "control-plane": control_plane(), "workers": worker()}


def plain(name: str, **changes: Any) -> dict[str, Any]:
    """A role's document, as the agent finds it."""
    return {**json.loads(document_text(DOCUMENTS[name])), **changes}


def problems(document: dict[str, Any]) -> list[str]:
    found, said = read_document(document)
    assert (found is None) == bool(said)
    return said


@pytest.mark.parametrize("role", DOCUMENTS)
def test_the_documents_that_are_written_are_those_that_are_read(role: str) -> None:
    document = plain(role)
    assert read_document(document) == (DOCUMENTS[role], [])
    assert problems({**document, "schema": 2}) == ["schema is 2, this agent knows 1"]
    assert problems({**document, "new": 1}) == ["new is unknown"]
    assert problems({**document, "cluster": 1}) == ["cluster is no str"]
    assert problems({key: value for key, value in document.items() if key != "version"}) == ["version is missing"]
    assert problems({**document, "system": "fedora-40"}) == ["system is 'fedora-40', there are ubuntu-24.04, debian-12"]


def test_every_problem_within_a_document_is_said_at_once() -> None:
    assert problems(
        plain("etcd", snapshots={"bucket": "b", "latest": "l", "minutes": True, "days": 1}, secrets=[])
    ) == [
        "secrets is no dict",
        "snapshots.prefix is missing",
        "snapshots.days is unknown",
        "snapshots.minutes is no int",
    ]
    taint = {"key": "dedicated", "value": "web", "effect": 1}
    assert problems(plain("workers", taints=[taint], labels={"a": 1})) == [
        "labels.a is no str",
        "taints[0].effect is no str",
    ]


def test_a_document_is_that_of_one_role() -> None:
    config = InstanceConfig(POINTERS, DOCUMENTS["etcd"])
    assert config.etcd is config.document
    with pytest.raises(AgentError, match="the role of this instance is etcd, not workers"):
        _ = config.worker


def _tell(folder: Path, boot: dict[str, Any], document: dict[str, Any]) -> InstanceConfig:
    host = Host(folder)
    host.write(f"{HOME}/boot.json", json.dumps({**asdict(POINTERS), **boot}))
    host.write(f"{HOME}/document.json", json.dumps(document))
    return load_config(host)


def test_the_instances_own_configuration_is_read(tmp_path: Path) -> None:
    found = _tell(tmp_path, {"role": "etcd", "name": "0-0"}, plain("etcd"))
    assert (found.role, found.name, found.region) == ("etcd", "0-0", "us-west-2")


def test_pointers_that_are_unknown_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"configuration: boot\.address is unknown; boot\.payload is no str$"):
        _tell(tmp_path, {"address": "a", "payload": 1}, plain("etcd"))


def test_another_roles_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match="user data says 'workers', the document 'etcd'"):
        _tell(tmp_path, {"role": "workers", "name": ""}, plain("etcd"))
    with pytest.raises(AgentError, match="role is 'cook'"):
        _tell(tmp_path, {"role": "cook", "name": ""}, plain("etcd", role="cook"))


def test_a_missing_or_broken_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"boot\.json does not exist"):
        load_config(Host(tmp_path))
    Host(tmp_path).write(f"{HOME}/boot.json", "{")
    with pytest.raises(AgentError, match=r"boot\.json is not JSON"):
        load_config(Host(tmp_path))


def test_phases_run_in_order_with_a_line_each_until_one_fails() -> None:
    lines: list[str] = []
    done: list[str] = []

    def act(name: str) -> Callable[[str], str]:
        def run(context: str) -> str:
            done.append(name)
            if name == "second":
                raise AgentError("it cannot")
            return f"made {context}"

        return run

    phases = [Phase(name, "does it", act(name)) for name in ("first", "second", "third")]
    with pytest.raises(AgentError):
        run_phases(phases, "it", lines.append)
    assert done == ["first", "second"]
    assert [line.split(" (")[0] for line in lines] == ["first: made it", "second: failed: it cannot"]
