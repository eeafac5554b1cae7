"""The command line where something is created: whole rehearsals, and looks at an emulated AWS that runs.

Every command is a process of its own: a rehearsal in this one would leave its resources to the tests beside it.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from support.account.rehearsed import Copy, Rehearsed
from support.command import (
    TRIPOD,
    WIDE,
    CommandOutput,
    copied_project,
    files_in,
    tiny_project,
    tripod_in_process,
    tripod_process,
    write_pulumi,
    write_stack,
)
from support.faults.finding import group_id
from support.faults.perimeter import open_ssh
from support.operations.command import at_address
from support.ports import free_port, listens, stops_listening
from support.stacks.planned import ROOT, changed, planned
from tripod.operations.verify import CHECKS

ENVIRONMENT = {
    "PATH": "/nowhere",  # without `pulumi`
    "HTTP_PROXY": "http://127.0.0.1:1",  # a company's, which knows nothing of this machine
    "http_proxy": "http://127.0.0.1:1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def tripod(folder: Path, *arguments: str, **environment: str) -> CommandOutput:
    return tripod_in_process(folder, *arguments, **{**ENVIRONMENT, **environment})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied_project(tmp_path)


def project_of(folder: Path, program: str) -> Path:
    """A project with a stack `test`, and a program of a line or two."""
    tiny_project(folder).write_text(f"import pulumi\nimport pulumi_aws as aws\n{program}\n")
    return folder


def write_local(folder: Path, address: str) -> None:
    """Have the local stack of a folder connect to an emulator."""
    write_stack(folder, "local", changed("local", at_address(address)))


def processes_with(mark: str) -> list[int]:
    """Processes whose environment holds a text, whoever their parent is by now."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found


@dataclass(frozen=True)
class Rehearsal:
    """A whole `tripod rehearse local`, and what was there before and after it."""

    output: CommandOutput
    before: Mapping[Path, bytes]
    after: Mapping[Path, bytes]
    processes: list[int]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """A rehearsal whose project, home and temporary folder are its own."""
    around = tmp_path_factory.mktemp("rehearsal")
    for name in ("project", "home", "temporary"):
        (around / name).mkdir()
    project, mark = copied_project(around / "project"), uuid4().hex
    before = files_in(around)
    own = {"HOME": str(around / "home"), "TMPDIR": str(around / "temporary"), "TRIPOD_TEST": mark}
    output = tripod_process(project, "rehearse", "local", **ENVIRONMENT, **own)
    return Rehearsal(output, before, files_in(around), processes_with(mark))


WHOLE = pytest.mark.xdist_group("tripod rehearse local")
"""Tests that look at one rehearsal: one worker makes it."""


@WHOLE
def test_a_rehearsal_shows_the_tree_the_checks_and_what_to_do_next(rehearsal: Rehearsal) -> None:
    output = rehearsal.output
    assert (output.code, output.err.strip()) == (0, "")
    title = f"local · us-west-2 · {len(planned('local').registrations)} resources"
    parts = [
        title,
        "── etcd ",
        f"{len(CHECKS)} checks passed.",
        "Next:",
        "change Pulumi.local.yaml",
        "pulumi up --stack ",
    ]
    places = [output.out.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert [check.title for check in CHECKS if f"✓ {check.title} " not in output.out] == []


@WHOLE
def test_a_rehearsal_shows_every_output_but_no_secret(rehearsal: Rehearsal) -> None:
    shown = dict(re.findall(r"^ (\w+) +(\S.*?) *$", rehearsal.output.out, re.MULTILINE))
    assert shown.keys() == planned("local").outputs.keys()
    assert shown["endpoint"] == "api.local.internal:6443"
    assert shown["kubeconfig"] == "[secret]"
    for word in ("PRIVATE KEY", "client-key-data", "certificate-authority-data"):
        assert word not in rehearsal.output.all


@WHOLE
def test_a_rehearsal_leaves_no_file_behind(rehearsal: Rehearsal) -> None:
    assert rehearsal.after == rehearsal.before


@WHOLE
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system does not show processes as files")
def test_a_rehearsal_leaves_no_process_behind(rehearsal: Rehearsal) -> None:
    assert rehearsal.processes == []


def test_a_rehearsal_for_machines_is_one_document_without_secrets(folder: Path) -> None:
    output = tripod(folder, "rehearse", "local", "--json")
    assert (output.code, output.err.strip()) == (0, "")
    document = json.loads(output.out)
    assert {one["urn"] for one in document["resources"]} == planned("local").registrations.keys()
    assert [check["check"] for check in document["checks"]] == [check.id for check in CHECKS]
    assert all(check["passed"] and check["evidence"] for check in document["checks"])
    assert document["outputs"]["kubeconfig"] == "[secret]"
    assert document["outputs"]["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    for word in ("PRIVATE KEY", "client-key-data"):
        assert word not in output.all


def test_up_without_an_engine_is_a_rehearsal(tmp_path: Path) -> None:
    folder = project_of(tmp_path, "pulumi.export('range', aws.ec2.Vpc('office', cidr_block='10.0.0.0/16').cidr_block)")
    output = tripod(folder, "up", "test")
    assert (output.code, output.err) == (0, "")
    for part in ("test · us-west-2 · 1 resource\n", " range  10.0.0.0/16", "was created in an emulator and is gone"):
        assert part in output.out


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (
            "aws.sns.Topic('news')",
            "aws:sns/topic:Topic news: a rehearsal does not handle the type; teach it in tripod.rehearsal",
        ),
        (
            "aws.ec2.Vpc('office', cidr_block='10.0.0.0/16', instance_tenancy='dedicated')",
            "aws:ec2/vpc:Vpc: a rehearsal does not handle the input instanceTenancy; teach it in tripod.rehearsal",
        ),
        (
            "aws.ec2.Vpc('office', cidr_block='10.0.0.0')",
            "aws:ec2/vpc:Vpc office: An error occurred (InvalidVpc.Range) when calling the CreateVpc operation",
        ),
    ],
    ids=["type", "input", "value"],
)
def test_what_a_rehearsal_cannot_create_is_told_by_type_and_input(tmp_path: Path, program: str, why: str) -> None:
    output = tripod(project_of(tmp_path, program), "rehearse", "test", "--json")
    assert (output.code, output.out) == (1, "")
    assert output.err.strip().startswith(why)
    assert "Traceback" not in output.err


def test_verify_says_what_to_start_where_nothing_listens(folder: Path) -> None:
    write_local(folder, f"http://127.0.0.1:{free_port()}")
    output = tripod_process(folder, "verify", "local", **ENVIRONMENT)
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith("Could not connect to the endpoint URL")
    assert "`tripod emulator` starts it" in output.err


@pytest.fixture
def no_aws() -> Generator[str]:
    """The address of a server that is no AWS: it refuses everything, as an AWS that knows no such key would."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(403)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_verify_repeats_what_aws_refuses(folder: Path, no_aws: str) -> None:
    write_local(folder, no_aws)
    output = tripod(folder, "verify", "local")
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith("An error occurred (403)")


def test_verify_of_a_profile_that_does_not_exist_names_it(folder: Path) -> None:
    output = tripod(folder, "verify", "staging", AWS_PROFILE="nobody")
    assert (output.code, output.out, output.err) == (2, "", "The config profile (nobody) could not be found\n")


def test_verify_asks_which_cluster_is_meant(tmp_path: Path) -> None:
    output = tripod(project_of(tmp_path, ""), "verify", "test")
    assert (output.code, output.out) == (2, "")
    assert output.err == "the stack has no tiny:cluster.name: `--cluster NAME` says which is meant\n"


@dataclass(frozen=True)
class Emulator:
    """A running `tripod emulator`."""

    process: "subprocess.Popen[str]"
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def emulator(tmp_path: Path) -> Generator[Emulator]:
    command = [TRIPOD, "emulator", "--port", "0"]
    environment = {**os.environ, **WIDE, **ENVIRONMENT}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = re.search(r"http://127\.0\.0\.1:(\d+)\.", process.stdout.readline())
        try:
            assert said
            yield Emulator(process, int(said.group(1)))
        finally:
            process.kill()


def test_verify_says_that_there_is_no_such_cluster(folder: Path, emulator: Emulator) -> None:
    write_local(folder, emulator.address)
    for options, cluster in (((), "local"), (("--cluster", "other"), "other")):
        output = tripod(folder, "verify", "local", *options)
        assert (output.code, output.out) == (2, "")
        assert re.fullmatch(f".* of a cluster '{cluster}' in us-west-2.*\n", output.err)


def test_an_emulator_ends_when_it_is_interrupted_and_its_port_is_its_own_until_then(emulator: Emulator) -> None:
    second = tripod_process(ROOT, "emulator", "--port", str(emulator.port), **ENVIRONMENT)
    assert (second.code, second.out) == (1, "")
    assert second.err.startswith(f"the emulated AWS cannot listen on 127.0.0.1:{emulator.port}: ")
    assert listens(emulator.port)
    emulator.process.send_signal(signal.SIGINT)
    assert emulator.process.wait(timeout=30) == 0
    assert not listens(emulator.port)


def test_verify_shows_every_check_that_a_cluster_passes(local: Rehearsed, folder: Path) -> None:
    def look(copy: Copy) -> tuple[CommandOutput, CommandOutput]:
        write_local(folder, copy.address)
        return tripod(folder, "verify", "local"), tripod(folder, "verify", "local", "--json")

    for_people, for_machines = local.in_a_copy(look)
    assert (for_people.code, for_people.err) == (0, "")
    assert [check.title for check in CHECKS if f"✓ {check.title} " not in for_people.out] == []
    assert for_people.out.endswith(f"\n{len(CHECKS)} checks passed.\n")
    assert (for_machines.code, for_machines.err.strip()) == (0, "")
    assert [(one["check"], one["passed"]) for one in json.loads(for_machines.out)] == [(one.id, True) for one in CHECKS]


def test_verify_fails_where_a_check_fails_and_names_the_fault(local: Rehearsed, folder: Path) -> None:
    def look(copy: Copy) -> tuple[str, CommandOutput, CommandOutput]:
        open_ssh(copy)
        write_local(folder, copy.address)
        return group_id(copy, "workers"), tripod(folder, "verify", "local"), tripod(folder, "verify", "local", "--json")

    group, for_people, for_machines = local.in_a_copy(look)
    assert (for_people.code, for_people.err) == (1, "")
    broken = {one["title"]: one["broken"] for one in json.loads(for_machines.out) if not one["passed"]}
    assert for_machines.code == 1
    assert group in json.dumps(broken["No login over SSH is possible"])
    assert for_people.out.endswith(f"\n{len(broken)} of {len(CHECKS)} checks failed.\n")
    for title, findings in broken.items():
        assert f"✗ {title} " in for_people.out
        for finding in findings:
            assert f"{finding['subject']}: {finding['evidence']}" in for_people.out
            assert finding["remedy"] in for_people.out


@dataclass(frozen=True)
class FakeEngine:
    """A `pulumi` that writes down how it is called, beside a local stack whose emulator has a port of its own."""

    folder: Path
    path: str
    calls: Path
    port: int


@pytest.fixture
def fake_engine(tmp_path: Path) -> Generator[FakeEngine]:
    folder, bin_, calls, port = tmp_path / "project", tmp_path / "bin", tmp_path / "calls", free_port()
    copied_project(folder)
    write_local(folder, f"http://127.0.0.1:{port}")
    write_pulumi(bin_, f'echo "$PULUMI_BACKEND_URL: $*" >> {calls}\n[ "$1" != "$FAILING" ]')
    pid = folder / ".cache" / "local" / "emulator.pid"
    try:
        yield FakeEngine(folder, str(bin_), calls, port)
    finally:
        if pid.exists():
            with suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGKILL)


def test_up_has_the_engine_speak_to_an_emulator_that_stays_until_down(fake_engine: FakeEngine) -> None:
    before = files_in(fake_engine.folder)
    output = tripod(fake_engine.folder, "up", "local", PATH=fake_engine.path)
    state = (fake_engine.folder / ".cache" / "local" / "state").as_uri()
    assert fake_engine.calls.read_text().splitlines() == [
        f"{state}: stack select --create local --non-interactive",
        f"{state}: up --yes --skip-preview --stack local --non-interactive",
    ]
    # This engine makes nothing, which is what the look at the account that follows finds.
    assert output.code == 2
    assert "of a cluster 'local' in us-west-2" in output.err
    assert listens(fake_engine.port)

    assert tripod(fake_engine.folder, "down", "local", PATH=fake_engine.path) == CommandOutput(0, "", "")
    assert stops_listening(fake_engine.port)
    assert files_in(fake_engine.folder) == before


def test_up_stops_where_the_engine_fails(fake_engine: FakeEngine, emulator: Emulator) -> None:
    write_local(fake_engine.folder, emulator.address)
    output = tripod(fake_engine.folder, "up", "local", PATH=fake_engine.path, FAILING="stack")
    assert output.code == 1
    assert output.err == "`pulumi stack select --create local --non-interactive` ended with 1\n"
    assert len(fake_engine.calls.read_text().splitlines()) == 1
