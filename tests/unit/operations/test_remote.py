"""Running the agent's commands: one script and one reading of answers, for SSM and for local processes."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.agent.clock import Clock
from tripod.operations.remote import (
    ERROR_BYTES,
    OUTPUT_BYTES,
    CommandResult,
    LocalNode,
    LocalRemote,
    RemoteError,
    agent_script,
    ask,
    ask_any,
    parse_answer,
)
from tripod.operations.ssm import SsmRemote

INSTANCE = "i-0123456789abcdef0"


@pytest.fixture
def local(tmp_path: Path) -> LocalRemote:
    """An instance whose agent is a small program: what it is told decides what it does."""
    program = tmp_path / "agent.py"
    program.write_text(
        "import json, os, sys, time\n"
        "told = json.loads(os.environ['TRIPOD_ARGUMENTS'])\n"
        "time.sleep(told.get('sleep', 0))\n"
        "print('x' * told.get('noise', 0))\n"
        "print('tripod: trying again', 'y' * told.get('noise', 0), file=sys.stderr)\n"
        "print('tripod: it cannot', file=sys.stderr)\n"
        "print(f'tripod: {sys.argv[1]}: ' + json.dumps({'told': told, 'zone': os.environ.get('ZONE')}))\n"
        "sys.exit(told.get('code', 0))\n"
    )
    return LocalRemote({INSTANCE: LocalNode(f"exec python3 {program}", {"ZONE": "a"})})


def test_a_local_agent_gets_its_arguments_and_answers(local: LocalRemote) -> None:
    told = {"key": 'etcd/it\'s "here" $HOME `id`', "bump": 1000}
    assert ask(local, INSTANCE, "restore", told) == {"told": told, "zone": "a"}


def test_only_the_end_of_an_output_is_kept_and_the_answer_is_in_it(local: LocalRemote) -> None:
    ran = local.run(INSTANCE, "status", {"noise": 100_000})
    assert (len(ran.output), len(ran.error)) == (OUTPUT_BYTES, ERROR_BYTES)
    assert parse_answer(INSTANCE, "status", ran)["zone"] == "a"


def test_a_command_that_fails_is_told_by_its_last_words(local: LocalRemote) -> None:
    with pytest.raises(RemoteError, match=rf"{INSTANCE}: `agent snapshot` ended with 3: it cannot$"):
        ask(local, INSTANCE, "snapshot", {"code": 3})


def test_a_command_that_takes_too_long_is_ended(local: LocalRemote) -> None:
    started = time.monotonic()
    with pytest.raises(RemoteError, match="took longer than 1 s"):
        local.run(INSTANCE, "status", {"sleep": 60}, seconds=1)
    assert time.monotonic() - started < 20


def test_an_instance_that_does_not_run_here_is_named() -> None:
    with pytest.raises(RemoteError, match="i-1 does not run here"):
        LocalRemote({}).run("i-1", "status")


@pytest.mark.parametrize(
    "output",
    ["", "tripod: status: fine", "tripod: status: [1]", "tripod: other: {}", 'us: {"a": 1}', "tripod: status: {"],
)
def test_what_is_no_answer_is_never_taken_for_one(output: str) -> None:
    with pytest.raises(RemoteError, match="gave no answer that this release understands"):
        parse_answer(INSTANCE, "status", CommandResult(0, output))


def test_the_first_instance_that_answers_is_enough(local: LocalRemote) -> None:
    assert ask_any(local, ["i-gone", INSTANCE], "nodes")["zone"] == "a"
    with pytest.raises(RemoteError, match="i-gone does not run here; i-lost does not run here"):
        ask_any(local, ["i-gone", "i-lost"], "nodes")
    with pytest.raises(RemoteError, match="no instance to ask"):
        ask_any(local, [], "nodes")


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


class FakeSsm:
    """SSM's answers, one after another; an exception is raised."""

    def __init__(self, *answers: Mapping[str, Any] | Exception, sending: Exception | None = None) -> None:
        self.answers = list(answers)
        self.sending = sending
        self.sent: list[dict[str, Any]] = []
        self.cancelled: list[str] = []

    def send_command(self, **sent: Any) -> dict[str, Any]:
        if self.sending:
            raise self.sending
        self.sent.append(sent)
        return {"Command": {"CommandId": "c-1"}}

    def get_command_invocation(self, **_: Any) -> Mapping[str, Any]:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def cancel_command(self, *, CommandId: str, **_: Any) -> None:  # noqa: N803
        self.cancelled.append(CommandId)


def ended(status: str, details: str = "", code: int = 0, output: str = "", error: str = "") -> dict[str, Any]:
    return {
        "Status": status,
        "StatusDetails": details or status,
        "ResponseCode": code,
        "StandardOutputContent": output,
        "StandardErrorContent": error,
    }


def test_ssm_runs_the_same_script_and_waits_for_its_end() -> None:
    clock = Clock()
    ssm = FakeSsm(
        refused("InvocationDoesNotExist", "GetCommandInvocation"),
        ended("Pending", code=-1),
        ended("InProgress", code=-1),
        ended("Success", output='tripod: status: {"id": "a"}\n'),
    )
    assert ask(SsmRemote(ssm, clock.patience()), INSTANCE, "status", {"deep": True}, 30) == {"id": "a"}
    (sent,) = ssm.sent
    assert sent["InstanceIds"] == [INSTANCE]
    assert "\n".join(sent["Parameters"]["commands"]) == agent_script("status", {"deep": True})
    assert "cd /opt/tripod && exec python3 -m agent status" in agent_script("status", None)
    assert sent["Parameters"]["executionTimeout"] == ["30"]
    assert len(clock.waits) == 3
    assert clock.waits[2] > clock.waits[0]
    assert ssm.cancelled == []


def test_a_command_that_failed_on_the_instance_keeps_its_code_and_words() -> None:
    ssm = FakeSsm(ended("Failed", code=1, error="tripod: no quorum\n"))
    with pytest.raises(RemoteError, match="`agent snapshot` ended with 1: no quorum"):
        ask(SsmRemote(ssm, Clock().patience()), INSTANCE, "snapshot")


@pytest.mark.parametrize(
    ("invocation", "said"),
    [
        (ended("TimedOut", "Delivery Timed Out", -1), "does not answer SSM"),
        (ended("Failed", "Undeliverable", -1), "does not answer SSM"),
        (ended("TimedOut", "Execution Timed Out", -1), "took longer than 120 s"),
        (ended("Cancelled", code=-1), "SSM says Cancelled"),
        (ended("Failed", "AccessDenied", -1, error="denied"), "SSM says AccessDenied: denied"),
    ],
)
def test_what_ssm_could_not_run_is_told(invocation: dict[str, Any], said: str) -> None:
    with pytest.raises(RemoteError, match=said):
        SsmRemote(FakeSsm(invocation), Clock().patience()).run(INSTANCE, "status")


def test_an_instance_that_ssm_does_not_manage_is_told_with_what_to_do() -> None:
    ssm = FakeSsm(sending=refused("InvalidInstanceId", "SendCommand"))
    with pytest.raises(RemoteError, match="describe-instance-information") as told:
        SsmRemote(ssm, Clock().patience()).run(INSTANCE, "status")
    assert INSTANCE in str(told.value)


def test_a_command_that_nobody_waits_for_any_more_is_cancelled() -> None:
    clock = Clock()
    ssm = FakeSsm(ended("InProgress", code=-1))
    with pytest.raises(RemoteError, match=r"it is inprogress; gave up .* cancelled"):
        SsmRemote(ssm, clock.patience()).run(INSTANCE, "status", seconds=30)
    assert ssm.cancelled == ["c-1"]
    assert 30 < clock.time < 200


def test_a_right_that_is_missing_is_not_waited_for() -> None:
    clock = Clock()
    ssm = FakeSsm(refused("AccessDeniedException", "GetCommandInvocation"))
    with pytest.raises(ClientError, match="AccessDenied"):
        SsmRemote(ssm, clock.patience()).run(INSTANCE, "status")
    assert clock.waits == []


def test_arguments_are_one_json_object_whatever_they_hold() -> None:
    script = agent_script("restore", {"b": 1, "a": "'; rm -rf /"})
    line = next(line for line in script.splitlines() if "TRIPOD_ARGUMENTS" in line)
    assert line.count("restore") == 1
    assert json.dumps({"a": "x", "b": 1}).replace("x", "'\"'\"'; rm -rf /") in line
