"""Where members are, and what of AWS the other tests do not show."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ResponseStreamingError

from support.agent.instance import BOOT, MEMBERS, PAYLOAD_BUCKET, SNAPSHOT_BUCKET, aws, member_instance, put_topology
from tripod.bootstrap.agent.aws.client import ConflictError, MissingError
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.agent.host.host import Host
from tripod.bootstrap.agent.instance.context import METADATA_VARIABLE, bucket_of, open_agent
from tripod.bootstrap.agent.instance.topology import topology, topology_members
from tripod.bootstrap.documents import document_text

GOOD = {"schema": 1, "incarnation": "0a1b2c3d", "survives": "zone", "members": {"1-0": "10.0.0.2", "0-0": "10.0.0.1"}}


def test_members_are_read_from_the_payload_bucket(account: None, tmp_path: Path) -> None:
    assert topology(member_instance(tmp_path).agent) == MEMBERS


def test_the_newest_topology_counts(account: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path)
    topology(on.agent)
    put_topology({**MEMBERS, "3-0": "10.0.216.16"})
    assert list(topology(on.agent)) == [*MEMBERS, "3-0"]


def test_a_topology_is_in_the_order_of_names() -> None:
    assert list(topology_members(json.dumps(GOOD), "s3://b/k", "0a1b2c3d")) == ["0-0", "1-0"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is no topology document"),
        ("[]", "is no topology document"),
        (json.dumps({**GOOD, "members": 1}), "is no topology document"),
        (json.dumps({"members": {}}), "is no topology document"),
        (json.dumps({**GOOD, "incarnation": "ffffffff"}), "is of incarnation ffffffff, this instance of 0a1b2c3d"),
        (json.dumps({**GOOD, "members": {}}), "names no member"),
    ],
)
def test_another_topology_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AgentError, match=f"s3://b/k {reason}.*pulumi up"):
        topology_members(text, "s3://b/k", "0a1b2c3d")


def test_a_missing_topology_is_one_message(account: None, tmp_path: Path) -> None:
    aws("s3").delete_object(Bucket=PAYLOAD_BUCKET, Key=BOOT.topology)
    with pytest.raises(AgentError, match=r"s3://demo-0a1b2c3d-payload/boot/topology\.json does not exist: `pulumi up`"):
        topology(member_instance(tmp_path).agent)


def test_reading_an_object_is_tried_again(account: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path)
    on.cloud.faults["get_object"] = ["SlowDown", "InternalError", "AccessDenied"]
    assert topology(on.agent) == MEMBERS
    on.cloud.faults["get_object"] = ["AccessDenied"] * 1000
    with pytest.raises(AgentError, match=r"s3://.*AccessDenied.*gave up after 600 s"):
        topology(on.agent)


def test_a_connection_that_breaks_in_the_middle_of_an_object_begins_anew(account: None, tmp_path: Path) -> None:
    on = member_instance(tmp_path)
    aws("s3").put_object(Bucket=SNAPSHOT_BUCKET, Key="k", Body=b"x" * (3 << 20))
    breaks = iter([True, True])

    def taken(blocks: Iterator[bytes]) -> int:
        size = 0
        for block in blocks:
            size += len(block)
            if next(breaks, False):
                raise ResponseStreamingError(error="connection reset")
        return size

    assert on.cloud.fetch(SNAPSHOT_BUCKET, "k", taken) == 3 << 20
    assert on.cloud.calls == ["get_object"] * 3
    with pytest.raises(MissingError):
        on.cloud.fetch(SNAPSHOT_BUCKET, "none", taken)


@pytest.mark.parametrize("code", ["ParameterAlreadyExists", "VolumeInUse", "IncorrectState"])
def test_a_conflict_is_the_callers_to_solve(account: None, tmp_path: Path, code: str) -> None:
    on = member_instance(tmp_path)
    on.cloud.faults["put_parameter"] = [code]
    with pytest.raises(ConflictError, match=code):
        on.cloud.call("ssm", "put_parameter", Name="/p", Value="v", Type="String")
    assert on.clock.time == 0


def test_an_upload_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on = member_instance(tmp_path)
    left = [S3UploadFailedError("Failed to upload: SlowDown")]

    class Client:
        def upload_file(self, **_: Any) -> None:
            if left:
                raise left.pop()

    def made(_: str) -> Client:
        return Client()

    monkeypatch.setattr(on.cloud, "_client", made)
    on.cloud.call("s3", "upload_file", Filename="f", Bucket="b", Key="k")
    assert on.lines == ["s3:upload_file: Failed to upload: SlowDown; trying again"]


@pytest.mark.parametrize(
    "address",
    [
        "https://demo-payload.s3.us-west-2.amazonaws.com",
        "https://demo-payload.s3.cn-north-1.amazonaws.com.cn",
        "http://10.0.2.2:5566/demo-payload",
        "http://10.0.2.2:5566/demo-payload/",
    ],
)
def test_the_bucket_of_an_address(address: str) -> None:
    assert bucket_of(address) == "demo-payload"


def test_an_agent_is_opened_from_what_the_stub_has_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(METADATA_VARIABLE, "")
    on, host = member_instance(tmp_path), Host(tmp_path)
    host.write(f"{HOME}/document.json", document_text(on.agent.config.document))
    host.write(f"{HOME}/boot.json", json.dumps({**asdict(BOOT), "metadata": "http://10.0.2.2:1338"}))
    agent = open_agent(host, lambda _: None)
    assert (agent.config.role, agent.config.name) == ("etcd", "0-0")
    assert agent.metadata.address == "http://10.0.2.2:1338"
    # boto3 asks there for the role's keys.
    assert os.environ[METADATA_VARIABLE] == "http://10.0.2.2:1338"
