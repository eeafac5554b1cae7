"""Running the agent's commands on instances: through SSM on AWS (ssm.py), as local processes in tests.

The commands and the reading of answers are the same for both.
"""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from tripod.bootstrap.agent.core.paths import HOME
from tripod.core.json_types import JsonObject
from tripod.operations.errors import OperationError

ARGUMENTS_VARIABLE = "TRIPOD_ARGUMENTS"
"""Variable with the arguments of an agent's command: one JSON object. Never a secret, since SSM keeps what it runs."""

COMMAND_SECONDS = 120
"""The default time limit of a command, in seconds."""

OUTPUT_BYTES = 20_000
ERROR_BYTES = 4_000
"""Limits on the end of an output: SSM returns the first 24,000 characters, an answer is the last line."""


class RemoteError(OperationError):
    """An instance does not answer, or not as it should. The message says what to do."""


@dataclass(frozen=True)
class CommandResult:
    """A command that came to its end.

    Attributes:
        code: its exit code.
        output: the end of what it printed.
        error: the end of its standard error.
    """

    code: int
    output: str
    error: str = ""


class Remote(Protocol):
    """Runs commands of the agent on instances."""

    def run(
        self, instance: str, command: str, arguments: Mapping[str, object] | None = None, seconds: int = COMMAND_SECONDS
    ) -> CommandResult:
        """Run a command to its end.

        Args:
            instance: the instance's id.
            command: the agent's command.
            arguments: its arguments.
            seconds: its time limit.

        Raises:
            RemoteError: the instance cannot be reached, or the command takes too long.
        """
        ...


def ask(
    remote: Remote,
    instance: str,
    command: str,
    arguments: Mapping[str, object] | None = None,
    seconds: int = COMMAND_SECONDS,
) -> JsonObject:
    """Run a command of the agent and read its answer.

    Raises:
        RemoteError: the instance cannot be reached, the command failed, or gave no answer.
    """
    return parse_answer(instance, command, remote.run(instance, command, arguments, seconds))


def parse_answer(instance: str, command: str, ran: CommandResult) -> JsonObject:
    """The answer of a command: the JSON object in the line that the agent ends with.

    Raises:
        RemoteError: the command failed, or gave no answer.
    """
    if ran.code:
        said = (ran.error.strip() or ran.output.strip() or "it said nothing").splitlines()[-1]
        raise RemoteError(f"{instance}: `agent {command}` ended with {ran.code}: {said.removeprefix('tripod: ')}")
    start = f"tripod: {command}: "
    for line in reversed(ran.output.splitlines()):
        if line.startswith(start):
            try:
                found: object = json.loads(line.removeprefix(start))
            except ValueError:
                break
            if isinstance(found, dict):
                return cast("JsonObject", found)
            break
    raise RemoteError(
        f"{instance}: `agent {command}` gave no answer that this release understands: its agent may be of another "
        "release; replace the instance, or use the release that it was made with"
    )


def agent_script(
    command: str, arguments: Mapping[str, object] | None, program: str = f"cd {HOME} && exec python3 -m agent"
) -> str:
    """A shell script that runs a command of the agent, and prints the end of what it says.

    Args:
        command: the agent's command.
        arguments: its arguments.
        program: the command that starts the agent.
    """
    given = f"{ARGUMENTS_VARIABLE}={shlex.quote(json.dumps(arguments or {}, sort_keys=True))}"
    return "\n".join(
        (
            "out=$(mktemp) && err=$(mktemp) || exit 1",
            f'(export {given}; {program} {shlex.quote(command)}) >"$out" 2>"$err"',
            "code=$?",
            f'tail -c {OUTPUT_BYTES} "$out"',
            f'tail -c {ERROR_BYTES} "$err" >&2',
            'rm -f "$out" "$err"',
            "exit $code",
        )
    )


@dataclass(frozen=True)
class LocalNode:
    """A local process in place of an instance.

    Attributes:
        program: the shell command that starts its agent.
        environment: variables beside those of this process.
    """

    program: str
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class LocalRemote:
    """Runs commands as local processes.

    Attributes:
        nodes: instance → the process in its place.
    """

    nodes: Mapping[str, LocalNode]

    def run(
        self, instance: str, command: str, arguments: Mapping[str, object] | None = None, seconds: int = COMMAND_SECONDS
    ) -> CommandResult:
        """Run a command to its end.

        Raises:
            RemoteError: there is no such instance, or the command takes too long.
        """
        node = self.nodes.get(instance)
        if node is None:
            raise RemoteError(f"{instance} does not run here")
        script = agent_script(command, arguments, node.program)
        process = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", script],
            env={**os.environ, **node.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            output, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # As SSM does: the command ends with what it has started.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise RemoteError(timeout_message(instance, command, seconds)) from None
        return CommandResult(process.returncode, output, error)


def ask_any(
    remote: Remote, instances: Sequence[str], command: str, arguments: Mapping[str, object] | None = None
) -> JsonObject:
    """The answer of the first of some instances that answers.

    Raises:
        RemoteError: none does.
    """
    reasons: list[str] = []
    for instance in instances:
        try:
            return ask(remote, instance, command, arguments)
        except RemoteError as error:
            reasons.append(str(error))
    raise RemoteError("; ".join(reasons) or f"there is no instance to ask for `agent {command}`")


def timeout_message(instance: str, command: str, seconds: int) -> str:
    """The message for a command that did not end in time."""
    return f"{instance}: `agent {command}` took longer than {seconds} s: see `journalctl` there, then run it again"
