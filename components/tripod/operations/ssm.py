"""Running the agent's commands through SSM Run Command: no SSH, no open port, every command in SSM's history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.json_types import JsonMapping
from tripod.operations.errors import OperationError
from tripod.operations.remote import COMMAND_SECONDS, CommandResult, RemoteError, agent_script, timeout_message
from tripod.operations.waiting import NotYetError, await_result
from tripod.stack.aws_clients import Boto3Client, error_code

DELIVERY_SECONDS = 60
"""Seconds for which SSM tries to reach an instance. Its agent polls all the time."""

_UNDER_WAY = {"Pending", "InProgress", "Delayed", "Cancelling"}

_PASSING = {"InvocationDoesNotExist", "ThrottlingException", "InternalServerError"}
"""Transient errors. SSM reports a command on an instance only some moments after it was sent."""


@dataclass(frozen=True)
class SsmRemote:
    """Runs commands through SSM Run Command, with the caller's own credentials.

    Attributes:
        ssm: a client of SSM in the cluster's region.
        retry_policy: intervals between polls; the limit is the command's own.
    """

    ssm: Boto3Client
    retry_policy: RetryPolicy = field(default_factory=lambda: RetryPolicy(first=1, longest=10))

    def run(
        self, instance: str, command: str, arguments: Mapping[str, object] | None = None, seconds: int = COMMAND_SECONDS
    ) -> CommandResult:
        """Run a command to its end.

        Raises:
            RemoteError: SSM does not reach the instance, or the command takes too long.
        """
        id_ = self._send(instance, command, agent_script(command, arguments), seconds)
        retry_policy = replace(self.retry_policy, seconds=seconds + 2 * DELIVERY_SECONDS)
        try:
            found = await_result(
                f"{instance}: `agent {command}`", lambda: self._finished(id_, instance), retry_policy, lambda _: None
            )
        except OperationError as error:
            # A command that is no longer awaited must not begin later.
            self.ssm.cancel_command(CommandId=id_, InstanceIds=[instance])
            raise RemoteError(f"{error}; it was cancelled: see AWS-RunShellScript {id_} in SSM's history") from error
        return _ended(instance, command, seconds, found)

    def _send(self, instance: str, command: str, script: str, seconds: int) -> str:
        try:
            sent = self.ssm.send_command(
                InstanceIds=[instance],
                DocumentName="AWS-RunShellScript",
                Comment=f"tripod {command}"[:100],
                TimeoutSeconds=DELIVERY_SECONDS,
                Parameters={"commands": script.splitlines(), "executionTimeout": [str(seconds)]},
            )
        except ClientError as error:
            if error_code(error) == "InvalidInstanceId":
                raise RemoteError(_not_managed(instance)) from error
            raise
        return str(sent["Command"]["CommandId"])

    def _finished(self, id_: str, instance: str) -> JsonMapping:
        try:
            found: JsonMapping = self.ssm.get_command_invocation(CommandId=id_, InstanceId=instance)
        except ClientError as error:
            if error_code(error) in _PASSING:
                raise NotYetError(str(error)) from error
            raise
        if found["Status"] in _UNDER_WAY:
            raise NotYetError(f"it is {found['Status'].lower()}")
        return found


def _ended(instance: str, command: str, seconds: int, found: JsonMapping) -> CommandResult:
    """The result of a command that SSM has ended.

    Raises:
        RemoteError: it was never begun, or not ended.
    """
    status: str = found.get("StatusDetails") or found["Status"]
    code = int(found.get("ResponseCode", -1))
    if found["Status"] == "Success" or (status == "Failed" and code >= 0):
        return CommandResult(code, found.get("StandardOutputContent", ""), found.get("StandardErrorContent", ""))
    spaceless = status.replace(" ", "")
    if spaceless in {"ExecutionTimedOut", "TimedOut"}:
        raise RemoteError(timeout_message(instance, command, seconds))
    if spaceless in {"DeliveryTimedOut", "Undeliverable", "Terminated"}:
        raise RemoteError(_not_managed(instance))
    raise RemoteError(
        f"{instance}: `agent {command}`: SSM says {status}: {found.get('StandardErrorContent', '')}".strip()
    )


def _not_managed(instance: str) -> str:
    return (
        f"{instance} does not answer SSM: it is stopped, still boots, has no way to SSM's endpoints, or its SSM agent "
        "is down. `aws ssm describe-instance-information` says since when; if it stays so, terminate the instance"
    )
