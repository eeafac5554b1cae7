"""A member may do what its agent does, and nothing else."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from support.agent.etcd_member import live, newborn
from support.agent.instance import SESSION
from support.stacks.samples import policy_facts
from tripod.iam.instance_policies import etcd_policy, systems_manager_statement

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

    def record(model: Any, params: Any, **_: Any) -> None:
        operation = f"{model.service_model.signing_name}:{model.name}"
        found.add(ACTION_OF.get(operation, operation))
        if operation == "ssm:PutParameter" and b'"Tags"' in params["body"]:
            # AWS asks for it behind the call.
            found.add("ssm:AddTagsToResource")

    events = SESSION.events
    events.register("before-call", record)
    # Clients take the session's handlers along when they are made.
    yield found
    events.unregister("before-call", record)


def test_the_roles_actions_are_the_calls_that_the_agent_makes(account: None, seen: set[str], tmp_path: Path) -> None:
    on = newborn(tmp_path, snapshot_bytes=20 << 20)
    seen.clear()
    live(on)
    allowed = {action for statement in etcd_policy(policy_facts())["Statement"] for action in statement["Action"]}
    of_others = {*systems_manager_statement().actions, *(action for action in allowed if action.startswith("kms:"))}
    assert seen == allowed - of_others
