"""The command line where nothing is created: what it prints, on which stream, and with which exit code."""

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import typer

from support.command import (
    CommandOutput,
    copied_project,
    files_in,
    tiny_project,
    tripod_in_process,
    tripod_process,
    write_pulumi,
    write_stack,
)
from support.stacks.planned import Change, changed, planned, put
from support.stacks.samples import ATTACHED
from tripod.cli.commands import OPERATIONS
from tripod.cli.main import app
from tripod.rehearsal.program import Recording
from tripod.rehearsal.recorder import Registration

STACK_COMMANDS = ("plan", "rehearse", "up", "down", "verify")

MISTAKES = {
    "tripod:netwrok": ("an unknown key", "one of region, cluster, network", "did you mean network?"),
    "tripod:cluster.tagz": ("an unknown key", "one of name, environment, owner", "did you mean tags?"),
    "tripod:network.cidr": ("'10.20.1.0/16'", "a range without host bits", "did you mean 10.20.0.0/16?"),
    "tripod:etcd.members": ("4", "an odd number from 3 to 7", "use 5"),
    "tripod:access.allowedRanges[0]": ("'0.0.0.0/0'", "never 0.0.0.0/0", "list the ranges"),
}
"""Where something is wrong in the stack `mistaken` → what was given, is allowed, and is to be done."""


def tripod(*arguments: str) -> CommandOutput:
    """Run the command in this process. Whatever it does not explain is raised here."""
    return tripod_in_process(Path(), *arguments)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of this project, as the working folder."""
    copy = copied_project(tmp_path / "project")
    write_stack(
        copy,
        "mistaken",
        changed(
            "staging",
            put("tripod:netwrok", {}),
            put("tripod:cluster.tagz", {}),
            put("tripod:network.cidr", "10.20.1.0/16"),
            put("tripod:etcd.members", 4),
            put("tripod:access", {"mode": "public-allow-list", "allowedRanges": ["0.0.0.0/0"]}),
        ),
    )
    monkeypatch.chdir(copy)
    return copy


def database_with(**fields: Any) -> Change:
    """A change: a database with some fields, in a VPC that exists."""
    return put("tripod:peers", [{**ATTACHED, "databases": [{**ATTACHED["databases"][0], **fields}]}])


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of a project of its own, with a stack `test`; a test writes it."""
    monkeypatch.chdir(tmp_path)
    return tiny_project(tmp_path)


@pytest.fixture
def engine_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` on PATH that writes its folder and its arguments into this file, and fails with 7."""
    calls = tmp_path / "calls"
    write_pulumi(tmp_path / "bin", f'echo "$(pwd -P): $*" >> {calls}\nexit 7')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    return calls


def _children(recording: Recording, component: str) -> list[Registration]:
    """The components within one of a type that have anything in them."""
    everything = list(recording.registrations.values())
    parents = {one.parent for one in everything}
    (outer,) = [one.urn for one in everything if one.type == component]
    return [one for one in everything if one.parent == outer and one.urn in parents]


def test_a_plan_is_a_tree_of_groups(folder: Path) -> None:
    output = tripod_process(folder, "plan", "staging")
    assert (output.code, output.err) == (0, "")
    title, *lines = output.out.splitlines()
    assert title == f"staging · us-west-2 · {len(planned('staging').registrations)} resources"
    groups = {name: contents for line in lines for name, contents in re.findall(r"── (\S+) +(\S.*)", line)}
    inside = {one.name.removeprefix("add-ons-") for one in _children(planned("staging"), "tripod:index:AddOns")}
    assert groups.keys() == {
        *("api", "control-plane", "etcd", "issuer", "keys", "network", "payload", "pki", "roles", "security"),
        *("cluster", "database-example", "peer-example", "storage", "workers-general"),
        *("add-ons", *inside),
    }
    assert groups["cilium"] == "release"
    assert groups["etcd"].startswith("3 auto-scaling groups, 3 volumes")
    assert groups["keys"] == "2 customer keys  kept"


@pytest.mark.usefixtures("folder")
def test_a_plan_for_machines_is_one_document_with_every_resource() -> None:
    output = tripod("plan", "staging", "--json")
    assert (output.code, output.err) == (0, "")
    document = json.loads(output.out)
    assert document["stack"] == "staging"
    assert {one["urn"] for one in document["resources"]} == planned("staging").registrations.keys()
    assert document["outputs"]["endpoint"] == "api.staging.internal:6443"
    assert document["outputs"]["kubeconfig"] == "[secret]"


@pytest.mark.usefixtures("folder")
def test_a_full_plan_names_the_type_of_every_resource() -> None:
    output = tripod("plan", "staging", "--full")
    declared = Counter(one.type for one in planned("staging").registrations.values() if one.custom)
    assert Counter(re.findall(r"\b\w+:[\w./-]+:\w+\b", output.out)) == declared


@pytest.mark.usefixtures("folder")
def test_a_plan_in_an_account_that_lacks_a_zone_is_refused_by_the_zones_name() -> None:
    output = tripod("plan", "staging", "--zones", "us-west-2a,us-west-2b")
    assert (output.code, output.out) == (2, "")
    assert "1 problem in Pulumi.staging.yaml; nothing was created" in output.err
    assert "tripod:network.zones.us-west-2c" in output.err


@pytest.mark.usefixtures("folder")
def test_zones_may_be_written_with_spaces() -> None:
    assert tripod("plan", "staging", "--zones", "us-west-2a, us-west-2b, us-west-2c,").code == 0


def test_what_is_encrypted_in_a_stack_file_is_planned_and_not_shown(folder: Path) -> None:
    write_stack(
        folder, "attached", changed("staging", database_with(credentials={"value": {"secure": "v1:ciphertext"}}))
    )
    output = tripod("plan", "attached", "--json")
    assert output.code == 0
    strings = [one["inputs"]["secretString"] for one in json.loads(output.out)["resources"] if _is_secret_version(one)]
    assert strings
    assert set(strings) == {"[secret]"}
    assert "ciphertext" not in output.all


def _is_secret_version(resource: Mapping[str, Any]) -> bool:
    return resource["type"] == "aws:secretsmanager/secretVersion:SecretVersion"


def test_every_mistake_of_a_stack_file_is_told_at_once(folder: Path) -> None:
    output = tripod_process(folder, "plan", "mistaken")
    assert (output.code, output.out) == (2, "")
    assert "Traceback" not in output.err
    headline, *problems = output.err.split("\n\n")
    assert headline == f"{len(MISTAKES)} problems in Pulumi.mistaken.yaml; nothing was created"
    assert [problem.splitlines()[0] for problem in problems] == list(MISTAKES)
    for problem, (given, allowed, remedy) in zip(problems, MISTAKES.values(), strict=True):
        lines = [line.split(maxsplit=1) for line in problem.splitlines()[1:]]
        assert [label for label, _ in lines] == ["given", "allowed", "do"]
        assert lines[0][1].strip() == given
        assert allowed in lines[1][1]
        assert remedy in lines[2][1]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["plan", "rehearse"])
def test_mistakes_are_a_list_for_machines(command: str) -> None:
    output = tripod(command, "mistaken", "--json")
    assert (output.code, output.err) == (2, "")
    problems = json.loads(output.out)["problems"]
    assert [problem["path"] for problem in problems] == list(MISTAKES)
    for problem, (given, allowed, remedy) in zip(problems, MISTAKES.values(), strict=True):
        assert problem["given"] == given
        assert allowed in problem["allowed"]
        assert remedy in problem["remedy"]


def test_nobody_hands_a_refused_configuration_to_the_engine(folder: Path, engine_calls: Path) -> None:
    before = files_in(folder)
    output = tripod("up", "mistaken")
    assert (output.code, output.out) == (2, "")
    assert "nothing was created" in output.err
    assert not engine_calls.exists()
    assert files_in(folder) == before


def test_a_secret_in_clear_is_refused_and_not_repeated(folder: Path) -> None:
    write_stack(
        folder, "clear", changed("staging", database_with(credentials={"value": "hunter2"}, password="hunter2"))
    )
    output = tripod("plan", "clear")
    assert output.code == 2
    assert "tripod:peers[0].databases[0].credentials.value" in output.err
    assert "tripod:peers[0].databases[0].password" in output.err
    assert "hunter2" not in output.all


def test_an_empty_stack_file_is_answered_with_what_it_must_hold(folder: Path) -> None:
    (folder / "Pulumi.empty.yaml").write_text("")
    output = tripod("plan", "empty", "--json")
    assert output.code == 2
    missing = {problem["path"] for problem in json.loads(output.out)["problems"]}
    assert missing == {"tripod:cluster", "tripod:network", "tripod:images", "tripod:workers", "aws:region"}


@pytest.mark.parametrize("command", STACK_COMMANDS)
def test_outside_of_a_project_a_command_says_where_it_looked_and_where_to_go(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = tripod(command, "local")
    assert (output.code, output.out) == (2, "")
    assert output.err == f"no Pulumi.yaml in {tmp_path} or above it: go to the folder of a project\n"


@pytest.mark.parametrize("stack", ["stagging", "[/b]", "a/b"])
def test_an_unknown_stack_is_answered_with_those_that_there_are(folder: Path, stack: str) -> None:
    output = tripod("plan", stack)
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith(f"no stack {stack!r}: {folder}/Pulumi.{stack}.yaml does not exist")
    assert "(stacks here: local, mistaken, production, staging)" in output.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("config: [\n", "is not YAML: while parsing a flow node"),
        ("config:\n\ta: b\n", "is not YAML: while scanning for the next token"),
        ("config: {a: b, a: !!python/object:os.system c}\n", "is not YAML: could not determine a constructor"),
        ("config: {since: 2026-13-45}\n", "is not YAML: month must be in 1..12"),
        ("config: text\n", "config must be keys with values"),
        ("- config\n", "keys with values are expected"),
        (b"\xff\xfe", "is not YAML: "),
        # The line is shown as it is, though it looks like markup.
        ("config: {a: [b], c: [/b], d: [}\n", "config: {a: [b], c: [/b], d: [}"),
    ],
)
def test_a_stack_file_that_cannot_be_read_is_refused_by_its_path(folder: Path, text: str | bytes, why: str) -> None:
    file = folder / "Pulumi.broken.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    output = tripod("plan", "broken")
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith(str(file))
    assert why in output.err


def test_another_stacks_broken_file_is_no_obstacle(folder: Path) -> None:
    (folder / "Pulumi.broken.yaml").write_text("config: [\n")
    assert tripod("plan", "staging").code == 0


def test_a_program_that_fails_is_shown_with_its_error_and_line_but_not_what_ran_it(tmp_path: Path) -> None:
    program = tiny_project(tmp_path)
    program.write_text("import pulumi\n\nraise ValueError('no such team')\n")
    output = tripod_process(tmp_path, "plan", "test")
    assert (output.code, output.out) == (1, "")
    assert output.err.splitlines()[-1] == "ValueError: no such team"
    assert f'File "{program}", line 3' in output.err
    assert re.findall("typer|pulumi/runtime|runpy", output.err) == []


def test_what_a_program_prints_is_kept_apart_from_data_for_machines(program: Path) -> None:
    program.write_text("import pulumi\nprint('hello')\npulumi.export('team', 'platform')\n")
    output = tripod("plan", "test", "--json")
    assert "hello" in output.err
    assert json.loads(output.out)["outputs"] == {"team": "platform"}


@pytest.mark.parametrize("command", ["plan", "rehearse"])
def test_a_project_without_a_program_is_told_where_it_was_looked_for(program: Path, command: str) -> None:
    output = tripod(command, "test")
    assert (output.code, output.out) == (2, "")
    assert output.err == f"{program.parents[1]}/Pulumi.yaml: its program is not there, {program}\n"


def test_a_programs_own_refusal_is_told_in_its_words_alone(program: Path) -> None:
    program.write_text("import pulumi\nraise pulumi.RunError('ask [platform] first [/now]')\n")
    output = tripod("plan", "test")
    assert (output.code, output.out, output.err) == (2, "", "ask [platform] first [/now]\n")


@pytest.mark.parametrize(
    ("asked", "code", "why"),
    [
        ("pulumi.Config().require('team')", 2, "Missing required configuration variable 'tiny:team'"),
        ("aws.ec2.get_ami(owners=['self'])", 1, "aws:ec2/getAmi:getAmi: a plan has no answer to it"),
        (
            "aws.ec2.Vpc.get('office', 'vpc-1')",
            1,
            "aws:ec2/vpc:Vpc office: reading existing resources is not rehearsed",
        ),
        ("[aws.ec2.Vpc('twice') for _ in 'ab']", 1, "two resources are called urn:pulumi:test::tiny::aws:ec2/vpc:Vpc"),
    ],
)
def test_a_program_that_asks_for_what_there_is_not_is_refused(program: Path, asked: str, code: int, why: str) -> None:
    program.write_text(f"import pulumi\nimport pulumi_aws as aws\n{asked}\n")
    output = tripod("plan", "test")
    assert (output.code, output.out) == (code, "")
    assert output.err.startswith(why)


@pytest.mark.usefixtures("folder")
def test_a_stack_in_aws_is_not_taken_down_here() -> None:
    output = tripod("down", "staging")
    assert (output.code, output.out) == (2, "")
    assert output.err == "staging is in AWS itself: `pulumi destroy --stack staging` takes it down\n"


def test_taking_down_what_is_not_up_changes_nothing(folder: Path) -> None:
    before = files_in(folder)
    assert tripod("down", "local") == CommandOutput(0, "", "")
    assert files_in(folder) == before


def test_a_stack_in_aws_is_brought_up_by_the_engine_in_the_projects_folder(
    folder: Path, engine_calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "infra")
    assert tripod("up", "staging").code == 7
    assert engine_calls.read_text() == f"{folder.resolve()}: up --stack staging\n"


def _commands() -> Mapping[str, Any]:
    return cast("Any", typer.main.get_command(app)).commands


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_without_arguments_the_commands_are_listed() -> None:
    output = tripod()
    assert output.code == 2
    assert {name for name in _commands() if f"\n  {name} " in output.all} == {
        *STACK_COMMANDS,
        *("emulator", "review"),
        *(command.__name__ for command in OPERATIONS),
    }


@pytest.mark.parametrize("name", _commands())
def test_a_command_explains_itself_and_each_of_its_parameters(name: str) -> None:
    command = _commands()[name]
    output = tripod(name, "--help")
    assert (output.code, output.err) == (0, "")
    helps: list[str | None] = [command.help, *(parameter.help for parameter in command.params)]
    assert all(helps)
    shown = _in_one_line(output.out)
    assert [text for text in helps if _in_one_line(text or "") not in shown] == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["plan"], "Missing argument 'STACK'"),
        (["cutover"], "Missing argument 'STACK'"),
        (["cutover", "local"], "Missing argument"),
        (["plan", "staging", "--jsn"], "No such option: --jsn"),
        (["plann", "staging"], "No such command 'plann'"),
        (["emulator", "--port", "99999"], "Invalid value for '--port'"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_usage(arguments: list[str], why: str) -> None:
    output = tripod(*arguments)
    assert (output.code, output.out) == (2, "")
    assert output.err.startswith("Usage: tripod")
    assert why in output.err
