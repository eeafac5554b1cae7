import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import aws, emulated_inventory, failed
from support.agent.kubernetes_api import UNREACHABLE, Api, refused
from support.agent.kubernetes_nodes import NOW, SECRETS_KEY, FakeInstance, Secrets, control_plane, node_instance
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane.role import rotate_join_token, rotate_join_token_now
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.join_token import (
    PATTERN,
    WORKERS_GROUP,
    Rotation,
    is_fresh,
    new_token,
    rotate,
    token_secret,
)
from tripod.bootstrap.agent.node.kubectl import own_api
from tripod.core.naming import INCARNATION_TAG, ROLE_TAG, owned_tags
from tripod.operations.delete.parameters import join_tokens

PARAMETER = control_plane().join_token_parameter


def shown(token: str, expires: Any) -> dict[str, Any]:
    """A token's Secret, as the API shows it: its text in base64."""
    body = token_secret(token, expires)
    data = {key: base64.b64encode(value.encode()).decode() for key, value in body.pop("stringData").items()}
    return {**body, "data": data}


def published(name: str = PARAMETER) -> str:
    return aws("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def bench(folder: Path) -> tuple[FakeInstance, Api]:
    standing = node_instance(folder, control_plane())
    return standing, Api(standing)


def remember(api: Api, token: str, expires: Any) -> None:
    api.objects["secret", "kube-system", f"bootstrap-token-{token[:6]}"] = shown(token, expires)


def test_the_first_token_is_known_to_the_servers_before_workers_see_it(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    assert rotate_join_token(standing.agent) == "a new token, until 2026-07-14 15:05 UTC"
    token = published()
    assert PATTERN.fullmatch(token)
    ((_, namespace, name),) = api.objects
    assert (namespace, name) == ("kube-system", f"bootstrap-token-{token[:6]}")
    (secret,) = api.objects.values()
    assert secret["type"] == "bootstrap.kubernetes.io/token"
    assert secret["stringData"]["expiration"] == "2026-07-14T15:05:07Z"
    assert secret["stringData"]["token-secret"] == token[7:]
    # The cluster is found by a file: nothing is signed with it, and no other group comes with it.
    assert "usage-bootstrap-signing" not in secret["stringData"]
    assert secret["stringData"]["auth-extra-groups"] == WORKERS_GROUP
    assert standing.cloud.calls == ["get_parameter", "put_parameter", "add_tags_to_resource"]


def test_the_token_stands_in_no_command_and_no_line(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    rotate_join_token(standing.agent)
    shown_text = "".join(standing.machine.commands + standing.lines)
    assert published()[7:] not in shown_text
    assert published()[7:] in "".join(standing.machine.given)


def test_it_is_encrypted_with_the_clusters_own_key(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    rotate_join_token(standing.agent)
    (found,) = aws("ssm").describe_parameters()["Parameters"]
    assert (found["Type"], found["KeyId"]) == ("SecureString", SECRETS_KEY)


def test_its_parameter_bears_the_clusters_tags_and_a_deletion_finds_it(tmp_path: Path, cluster: Secrets) -> None:
    standing, _ = bench(tmp_path)
    rotate_join_token(standing.agent)
    tags = aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=PARAMETER)["TagList"]
    roles = {INCARNATION_TAG: "0a1b2c3d", ROLE_TAG: "control-plane"}
    assert {one["Key"]: one["Value"] for one in tags} == owned_tags("demo", {}, **roles)
    aws("ssm").put_parameter(Name="/demo-2/0a1b2c3d/join-token", Value="another's", Type="String")
    aws("ssm").put_parameter(Name="/demo/0a1b2c3d/join-token-2", Value="a team's", Type="String")
    aws("ssm").put_parameter(Name="/demo/settings", Value="a team's", Type="String")
    assert join_tokens(emulated_inventory("demo")) == [PARAMETER]


def test_within_the_hour_it_stays_whichever_node_looks(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    rotate_join_token(standing.agent)
    first = published()
    remember(api, first, NOW + Rotation().lifetime)
    later = standing.at(NOW + timedelta(minutes=59))
    assert rotate_join_token(later) == "the present token is fresh"
    assert published() == first
    due = standing.at(NOW + timedelta(minutes=60))
    assert rotate_join_token(due).startswith("a new token")
    assert published() != first
    # The old one goes on for hours: a worker that has just read it can join.
    assert f"bootstrap-token-{first[:6]}" in {name for _, _, name in api.objects}


@pytest.mark.parametrize("present", ["", "nonsense", "UPPER1.0123456789abcdef", "abcdef.0123456789abcdef"])
def test_a_parameter_with_no_token_or_a_forgotten_one_gets_a_new_one(
    present: str, tmp_path: Path, cluster: Secrets
) -> None:
    aws("ssm").put_parameter(Name=PARAMETER, Value=present or " ", Type="String")
    standing, _ = bench(tmp_path)
    assert rotate_join_token(standing.agent).startswith("a new token")


def test_lifetime_and_interval_are_settings(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    short = Rotation(interval=timedelta(seconds=5), lifetime=timedelta(seconds=20))
    rotate(standing.agent, own_api(standing.agent), short)
    remember(api, published(), NOW + short.lifetime)
    early, late = (standing.at(NOW + timedelta(seconds=seconds)) for seconds in (4, 5))
    assert rotate(early, own_api(early), short) == "the present token is fresh"
    assert rotate(late, own_api(late), short).startswith("a new token")


@few
@given(st.timedeltas(timedelta(0), timedelta(days=2)), st.timedeltas(timedelta(0), timedelta(hours=6)))
def test_a_token_is_fresh_while_it_is_younger_than_the_interval(age: timedelta, interval: timedelta) -> None:
    rotation = Rotation(interval=interval, lifetime=timedelta(hours=6))
    # Kubernetes counts in whole seconds.
    age, interval = (timedelta(seconds=int(one.total_seconds())) for one in (age, interval))
    rotation = Rotation(interval=interval, lifetime=rotation.lifetime)
    found = shown("abcdef.0123456789abcdef", NOW.replace(microsecond=0) - age + rotation.lifetime)
    assert is_fresh(found, "abcdef.0123456789abcdef", NOW.replace(microsecond=0), rotation) is (age < interval)


def test_a_token_is_fresh_only_if_it_is_the_one_and_ours() -> None:
    good = shown("abcdef.0123456789abcdef", NOW + timedelta(hours=6))
    assert is_fresh(good, "abcdef.0123456789abcdef", NOW, Rotation())
    assert not is_fresh(good, "abcdef.fedcba9876543210", NOW, Rotation())
    assert not is_fresh(None, "abcdef.0123456789abcdef", NOW, Rotation())
    for name in ("expiration", "token-id", "token-secret", "auth-extra-groups"):
        for broken in (None, "*", base64.b64encode(b"x").decode()):
            data = {**good["data"], name: broken}
            assert not is_fresh({"data": data}, "abcdef.0123456789abcdef", NOW, Rotation()), (name, broken)
    assert not is_fresh({}, "abcdef.0123456789abcdef", NOW, Rotation())


def test_tokens_are_never_alike() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(PATTERN.fullmatch(token) for token in tokens)


def test_an_api_that_is_away_is_waited_for(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    api.faults = [failed(UNREACHABLE), failed(UNREACHABLE)]
    assert rotate_join_token(standing.agent).startswith("a new token")
    assert standing.clock.time > 0


def test_a_token_whose_making_was_not_answered_is_made_once(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    api.faults = [failed("Unable to connect to the server: EOF"), refused("AlreadyExists")]
    assert rotate_join_token(standing.agent).startswith("a new token")


def test_a_refusal_by_the_api_publishes_nothing(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    api.faults = [refused("Forbidden", "you may not")]
    with pytest.raises(AgentError, match="you may not"):
        rotate_join_token(standing.agent)
    assert standing.cloud.calls == ["get_parameter"]


@pytest.mark.parametrize("operation", ["get_parameter", "put_parameter"])
def test_throttling_and_late_rights_are_waited_out_and_then_given_up(
    operation: str, tmp_path: Path, cluster: Secrets
) -> None:
    standing, _ = bench(tmp_path)
    standing.cloud.faults[operation] = ["ThrottlingException", "AccessDeniedException", "InternalServerError"]
    assert rotate_join_token(standing.agent).startswith("a new token")
    standing.cloud.faults[operation] = ["AccessDeniedException"] * 1000
    with pytest.raises(AgentError, match=rf"ssm:{operation}: .*AccessDenied.*gave up after 600 s"):
        rotate_join_token(standing.agent)


def test_on_command_the_token_changes_at_once_and_the_others_are_taken_back(tmp_path: Path, cluster: Secrets) -> None:
    standing, api = bench(tmp_path)
    rotate_join_token(standing.agent)
    first, theirs = published(), shown("people.0123456789abcdef", NOW)
    theirs["data"]["auth-extra-groups"] = base64.b64encode(b"system:bootstrappers:people").decode()
    api.objects.clear()
    api.put("secrets", "ours", shown(first, NOW + Rotation().lifetime))
    api.put("secrets", "theirs", theirs)
    said = json.loads(rotate_join_token_now(standing.agent))["said"]
    assert said.endswith("; 1 taken back")
    assert published() != first
    assert api.removed == [f"bootstrap-token-{first[:6]}"]
    assert published() not in said
