"""A member may do what its agent does, and nothing else."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from support.agent import SESSION, aws, stage
from tripod.bootstrap.agent import member
from tripod.bootstrap.agent.command_io import ARGUMENTS
from tripod.bootstrap.agent.etcd import COMMANDS
from tripod.iam.instances import etcd_policy, managed_instance

from ..test_iam_policies import facts
from .answers import BLANK, NOBODY, QUIET, etcdctl, status
from .test_etcd_restore import WANTED, etcdutl
from .test_member_certificate import put_secret
from .test_volume import launched, made, show_device

ACTION_OF = {
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:HeadObject": "s3:GetObject",
}
"""Operation → the action that allows it, where it is not the operation's name."""


@pytest.fixture
def seen() -> Generator[set[str]]:
    """The actions that the calls of this process' AWS clients need."""
    found: set[str] = set()

    def record(model: Any, **_: Any) -> None:
        operation = f"{model.service_model.signing_name}:{model.name}"
        found.add(ACTION_OF.get(operation, operation))

    events = SESSION.events
    events.register("before-call", record)
    # Clients take the session's handlers along when they are made.
    yield found
    events.unregister("before-call", record)


def test_the_roles_actions_are_the_calls_that_the_agent_makes(
    account: None, seen: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_secret()
    volume, instance = made(), launched()
    seen.clear()
    on = stage(tmp_path, **QUIET, **BLANK, resize2fs="")
    on.metadata.entries["meta-data/instance-id"] = instance
    show_device(on, volume)

    def etcd(*command: str) -> str:
        if command[-2] == "save":
            Path(command[-1]).write_bytes(bytes(20 << 20))
            return ""
        (answer,) = etcdctl(member_list=NOBODY, endpoint_status=status(0xA1), endpoint_health="[]").values()
        assert callable(answer)
        return answer(*command)

    known = json.dumps({"revision": 1, "totalKey": 1})
    on.machine.replies.update({"etcdctl": etcd, "etcdutl": etcdutl, "etcdutl snapshot status": known})
    for act in (member.certify, member.settle, member.start, member.promote, member.confirm):
        act(on.agent)
    key = json.loads(COMMANDS["snapshot"](on.agent))["key"]
    # etcdutl, stood in for, copies what it is given.
    aws("s3").put_object(Bucket=WANTED["bucket"], Key=key, Body=b"snapshot")
    monkeypatch.setenv(ARGUMENTS, json.dumps({**WANTED, "key": key}))
    assert list(COMMANDS)[1:] == ["renew", "status", "stop-etcd", "restore", "start-etcd"]
    for name in list(COMMANDS)[1:]:
        COMMANDS[name](on.agent)
    allowed = {action for statement in etcd_policy(facts())["Statement"] for action in statement["Action"]}
    of_others = {*managed_instance().actions, *(action for action in allowed if action.startswith("kms:"))}
    assert seen == allowed - of_others
