import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Generator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from support.agent.http_server import serving
from support.agent.instance import DOCUMENT, PAYLOAD_BUCKET, FakeInstance, aws, member_instance
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.etcd.role import BINARY
from tripod.bootstrap.agent.instance.documents import Download, mirrored_key
from tripod.bootstrap.agent.instance.downloads import PROGRAMS, STATE, Binary, install_binary, source_of

pytestmark = pytest.mark.usefixtures("account")

CONTENTS = {"etcd-v3.6.14-linux-amd64/etcd": b"the server", "etcd-v3.6.14-linux-amd64/etcdctl": b"the client"}


class Site:
    """A site on loopback: path → what its next requests are answered with, the last of them for ever.

    Attributes:
        address: its host and port.
        answers: path → contents, or codes of failures.
        asked: the paths that were asked for.
    """

    def __init__(self) -> None:
        self.address = ""
        self.answers: dict[str, list[bytes | int]] = {}
        self.asked: list[str] = []

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        self.asked.append(request.path)
        answers = self.answers[request.path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return (answer, b"") if isinstance(answer, int) else (200, answer)


@pytest.fixture
def site() -> Generator[Site]:
    made = Site()
    with serving(made.answer) as made.address:
        yield made


def archive(contents: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue())


def pinning(folder: Path, site: Site, name: str, content: bytes) -> FakeInstance:
    """An agent whose document pins the content of the site."""
    site.answers.setdefault("/it", [content])
    on = member_instance(folder)
    pinned = {"amd64": Download(f"http://{site.address}/it", hashlib.sha256(content).hexdigest())}
    document = replace(DOCUMENT, supply=replace(DOCUMENT.supply, binaries={name: pinned}))
    object.__setattr__(on.agent.config, "document", document)
    return on


ETCD = Binary("etcd", ("*/etcd", "*/etcdctl"))


def installed(on: FakeInstance) -> dict[str, bytes]:
    folder = on.machine.path(PROGRAMS)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())} if folder.exists() else {}


def test_an_archive_is_unpacked_and_not_downloaded_again(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "etcd", archive({**CONTENTS, "etcd-v3.6.14-linux-amd64/README.md": b"read me"}))
    assert install_binary(on.agent, ETCD, "x86_64") == "installed etcd, etcdctl"
    assert installed(on) == {"etcd": b"the server", "etcdctl": b"the client"}
    assert on.machine.path(f"{PROGRAMS}/etcd").stat().st_mode & 0o777 == 0o755
    assert install_binary(on.agent, ETCD, "x86_64") == "etcd is there"
    assert len(site.asked) == 1
    assert not list(on.machine.path(STATE).glob("*.part"))


def test_a_program_by_itself_is_placed(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "runc", b"a program")
    assert install_binary(on.agent, Binary("runc", folder="/usr/local/sbin"), "x86_64") == "installed runc"
    assert on.machine.path("/usr/local/sbin/runc").read_bytes() == b"a program"


@pytest.mark.parametrize("harm", ["changed", "removed", "forgotten", "record broken"])
def test_what_is_not_what_was_installed_is_downloaded_again(site: Site, tmp_path: Path, harm: str) -> None:
    on = pinning(tmp_path, site, "etcd", archive(CONTENTS))
    install_binary(on.agent, ETCD, "x86_64")
    record = on.machine.path(f"{STATE}/etcd.json")
    match harm:
        case "changed":
            on.machine.path(f"{PROGRAMS}/etcdctl").write_bytes(b"something else")
        case "removed":
            on.machine.path(f"{PROGRAMS}/etcdctl").unlink()
        case "forgotten":
            record.unlink()
        case _:
            record.write_text("[]")
    assert install_binary(on.agent, ETCD, "x86_64") == "installed etcd, etcdctl"
    assert installed(on)["etcdctl"] == b"the client"


def test_another_digest_is_another_version(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "etcd", archive(CONTENTS))
    install_binary(on.agent, ETCD, "x86_64")
    newer = archive(dict.fromkeys(CONTENTS, b"newer"))
    site.answers["/it"] = [newer]
    on = pinning(tmp_path, site, "etcd", newer)
    install_binary(on.agent, ETCD, "x86_64")
    assert set(installed(on).values()) == {b"newer"}
    assert json.loads(on.machine.read(f"{STATE}/etcd.json") or "")["sha256"] == hashlib.sha256(newer).hexdigest()


def test_a_site_that_fails_at_first_is_asked_again(site: Site, tmp_path: Path) -> None:
    good = archive(CONTENTS)
    site.answers["/it"] = [503, 404, b"an error page", good[:100], good]
    on = pinning(tmp_path, site, "etcd", good)
    assert install_binary(on.agent, ETCD, "x86_64") == "installed etcd, etcdctl"
    assert len(site.asked) == 5


@pytest.mark.parametrize("answer", [404, b"an error page", None])
def test_a_download_that_never_succeeds_names_the_mirror_setting_and_runs_nothing(
    site: Site, tmp_path: Path, answer: bytes | int | None
) -> None:
    if answer is None:
        site.address = "127.0.0.1:1"
    else:
        site.answers["/it"] = [answer]
    on = pinning(tmp_path, site, "etcd", archive(CONTENTS))
    with pytest.raises(AgentError, match=r"download of etcd: http://.*/it.*`tripod:supply`.*gave up after 600 s"):
        install_binary(on.agent, ETCD, "x86_64")
    assert installed(on) == {}


def test_an_archive_without_what_is_wanted_is_refused_whole(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "etcd", archive({"folder/etcd": b"the server"}))
    with pytest.raises(AgentError, match="the archive of etcd lacks"):
        install_binary(on.agent, ETCD, "x86_64")
    assert not list(on.machine.path(PROGRAMS).iterdir())


def test_no_archive_writes_elsewhere(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "etcd", archive({"../../../etc/etcd": b"1", "/etc/etcdctl": b"2"}))
    install_binary(on.agent, ETCD, "x86_64")
    assert installed(on) == {"etcd": b"1", "etcdctl": b"2"}
    assert not on.machine.path("/etc").exists()


def test_what_is_no_archive_is_said(site: Site, tmp_path: Path) -> None:
    on = pinning(tmp_path, site, "etcd", b"a program")
    with pytest.raises(AgentError, match="the archive of etcd cannot be unpacked"):
        install_binary(on.agent, ETCD, "x86_64")


def test_each_architecture_has_its_own() -> None:
    sources = {machine: source_of(DOCUMENT.supply, "etcd", machine) for machine in ("x86_64", "aarch64")}
    assert "amd64" in sources["x86_64"].url
    assert "arm64" in sources["aarch64"].url
    assert sources["x86_64"].sha256 != sources["aarch64"].sha256


@pytest.mark.parametrize(("name", "machine"), [("etcd", "riscv64"), ("kubelet", "x86_64")])
def test_what_the_document_does_not_name_is_said(name: str, machine: str) -> None:
    with pytest.raises(AgentError, match=f"names no {name} for .*tripod:supply"):
        source_of(DOCUMENT.supply, name, machine)


def test_a_member_takes_three_programs_of_the_release() -> None:
    folder = "etcd-v3.6.14-linux-arm64"
    wanted = [f"{folder}/{name}" for name in ("etcd", "etcdctl", "etcdutl", "README.md", "Documentation/etcd.md")]
    assert [path for path in wanted if BINARY.matching_globs(path)] == wanted[:3]


@pytest.mark.parametrize(
    ("stored", "fault", "asked"),
    [
        (b"a program", None, 0),
        (None, None, 1),
        (b"another program", None, 1),
        # S3's answer for an object that does not exist, to a node, which may not list the bucket.
        (None, "AccessDenied", 1),
        (b"a program", "SlowDown", 1),
    ],
)
def test_the_copy_in_the_payload_bucket_comes_first_and_the_site_after_one_try(
    site: Site, tmp_path: Path, stored: bytes | None, fault: str | None, asked: int
) -> None:
    on = pinning(tmp_path, site, "runc", b"a program")
    if stored is not None:
        key = mirrored_key(hashlib.sha256(b"a program").hexdigest())
        aws("s3").put_object(Bucket=PAYLOAD_BUCKET, Key=key, Body=stored)
    if fault:
        on.cloud.faults["get_object"] = [fault]
    assert install_binary(on.agent, Binary("runc"), "x86_64") == "installed runc"
    assert installed(on) == {"runc": b"a program"}
    assert len(site.asked) == asked
    assert on.cloud.calls == ["get_object"]
