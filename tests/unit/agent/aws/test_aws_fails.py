"""Whichever call to AWS fails: it is tried again with backoff, or the boot stops with one clear message."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from support.agent.etcd_member import live, newborn
from support.agent.instance import FakeInstance
from tripod.bootstrap.agent.core.errors import AgentError

CALLS = {
    "get_secret_value": "secretsmanager:get_secret_value",
    "describe_volumes": "ec2:describe_volumes",
    "attach_volume": "ec2:attach_volume",
    "get_object": "s3://",
    "get_parameter": "ssm:get_parameter",
    "put_parameter": "ssm:put_parameter",
    "upload_file": "s3:upload_file",
}
"""Operation → how a message about it begins."""

PASSING: tuple[str | Exception, ...] = (
    *("ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown", "TooManyUpdates", "RequestTimeout"),
    *("InternalError", "InternalServiceError", "InternalServerError", "Unavailable"),
    # Of a role that was made a moment ago.
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
    EndpointConnectionError(endpoint_url="https://aws"),
)


def failing(folder: Path, operation: str, faults: Iterable[str | Exception]) -> FakeInstance:
    on = newborn(folder)
    on.cloud.faults[operation] = list(faults)
    return on


def test_the_table_has_every_call(account: None, tmp_path: Path) -> None:
    on = newborn(tmp_path)
    live(on)
    assert set(on.cloud.calls) == set(CALLS)


@pytest.mark.parametrize("operation", CALLS)
def test_what_passes_is_tried_again_with_longer_and_longer_waits(account: None, tmp_path: Path, operation: str) -> None:
    on = failing(tmp_path, operation, PASSING)
    live(on)
    # Each wait is at least half as long as it might be: 1, 2, 4, 8, 16 and 30 seconds.
    assert on.clock.time >= (1 + 2 + 4 + 8 + 16 + 30) / 2
    told = [line for line in on.lines if line.startswith(CALLS[operation]) and line.endswith("; trying again")]
    assert len(told) == len(PASSING)


@pytest.mark.parametrize("operation", CALLS)
def test_what_does_not_pass_in_time_is_one_message(account: None, tmp_path: Path, operation: str) -> None:
    on = failing(tmp_path, operation, PASSING * 100)
    with pytest.raises(AgentError) as caught:
        live(on)
    said = str(caught.value)
    assert CALLS[operation] in said
    assert said.endswith("gave up after 600 s")
    assert "\n" not in said


@pytest.mark.parametrize("operation", CALLS)
def test_what_aws_refuses_for_good_is_one_message_at_once(account: None, tmp_path: Path, operation: str) -> None:
    on = failing(tmp_path, operation, ["ValidationException"])
    with pytest.raises(AgentError, match=f"{operation}: .*ValidationException"):
        live(on)
    assert not any("ValidationException" in line for line in on.lines)


@pytest.mark.parametrize("silent", [3, 100_000])
def test_a_metadata_service_that_does_not_answer(account: None, tmp_path: Path, silent: int) -> None:
    on = newborn(tmp_path)
    on.metadata.silent[0] = silent
    if silent == 3:
        live(on)
        assert any(line.startswith("instance metadata: ") and "trying again" in line for line in on.lines)
    else:
        with pytest.raises(AgentError, match=r"instance metadata: .*does not answer.*gave up after 600 s"):
            live(on)
