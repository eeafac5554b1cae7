import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import aws
from support.agent.kubernetes_nodes import INCARNATION, Secrets, control_plane, encryption_key, node_instance
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane.api_server_files import refresh_encryption, write_api_server_files
from tripod.bootstrap.agent.control_plane.audit_policy import audit_policy
from tripod.bootstrap.agent.control_plane.encryption_config import RESOURCES, encryption_config, key_names
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.paths import (
    ADMISSION,
    API_SERVER_FILES,
    AUDIT_LOGS,
    AUDIT_POLICY,
    AUTHENTICATION,
    ENCRYPTION,
)

SECRET = f"demo/{INCARNATION}/encryption"

keys = st.lists(
    st.builds(encryption_key, st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True), st.integers(0, 255)),
    min_size=1,
    max_size=4,
    unique_by=lambda key: key["name"],
)


@few
@given(keys)
def test_the_first_key_encrypts_every_key_decrypts_and_identity_comes_last(secret: list[dict[str, str]]) -> None:
    (resource,) = json.loads(encryption_config({"keys": secret}))["resources"]
    assert resource["resources"] == list(RESOURCES) == ["secrets"]
    assert resource["providers"] == [{"secretbox": {"keys": secret}}, {"identity": {}}]
    assert key_names({"keys": secret}) == tuple(key["name"] for key in secret)


SHORT = base64.b64encode(b"x" * 31).decode()


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ({}, "no list of keys"),
        ({"keys": []}, "no list of keys"),
        ({"keys": "key-1"}, "no list of keys"),
        ({"keys": ["key-1"]}, "no name and secret in its key 1"),
        ({"keys": [{"name": "", "secret": SHORT}]}, "no name and secret in its key 1"),
        # What is stored says which key it needs, between colons.
        ({"keys": [{**encryption_key(), "name": "a:b"}]}, "no name and secret in its key 1"),
        ({"keys": [encryption_key(), {"name": "key-2"}]}, "no name and secret in its key 2"),
        ({"keys": [{"name": "key-1", "secret": SHORT}]}, "'key-1' that is not 32 bytes"),
        ({"keys": [{"name": "key-1", "secret": "not base64!"}]}, "'key-1' that is not 32 bytes"),
        ({"keys": [encryption_key(), encryption_key(byte=8)]}, "two keys of one name"),
    ],
)
def test_a_secret_that_is_no_list_of_keys_is_refused_without_showing_one(secret: dict[str, Any], why: str) -> None:
    with pytest.raises(AgentError, match=why) as refusal:
        encryption_config(secret)
    assert SHORT not in str(refusal.value)
    assert "restore its last good version" in str(refusal.value)


def rules() -> list[dict[str, Any]]:
    return json.loads(audit_policy())["rules"]


def level(user: str, verb: str, group: str, resource: str, *groups: str) -> str:
    """The level of an action on a resource, by the rules as the API server reads them."""
    for rule in rules():
        if "nonResourceURLs" in rule:
            continue
        who = rule.get("users") is None and rule.get("userGroups") is None
        who = who or user in rule.get("users", []) or bool(set(groups) & set(rule.get("userGroups", [])))
        verbs = rule.get("verbs")
        kinds = rule.get("resources")
        what = kinds is None or any(
            kind["group"] == group and (not kind.get("resources") or covers(kind["resources"], resource))
            for kind in kinds
        )
        if who and (verbs is None or verb in verbs) and what:
            return rule["level"]
    return "None"


def covers(listed: list[str], resource: str) -> bool:
    return resource in listed or ("/" in resource and f"{resource.partition('/')[0]}/*" in listed)


NODES = ("system:nodes", "system:authenticated")


@pytest.mark.parametrize(
    ("action", "found"),
    [
        # Whoever touches a secret is seen, the secret is not.
        (("somebody", "create", "", "secrets"), "Metadata"),
        (("system:kube-controller-manager", "get", "", "secrets"), "Metadata"),
        (("system:node:i-1", "watch", "", "secrets", *NODES), "Metadata"),
        (("somebody", "patch", "", "configmaps"), "Metadata"),
        (("somebody", "create", "", "serviceaccounts/token"), "Metadata"),
        (("system:node:i-1", "create", "authentication.k8s.io", "tokenreviews", *NODES), "Metadata"),
        # Who gives rights, and which.
        (("somebody", "create", "rbac.authorization.k8s.io", "clusterrolebindings"), "Request"),
        (("somebody", "delete", "admissionregistration.k8s.io", "validatingwebhookconfigurations"), "Request"),
        (("somebody", "update", "networking.k8s.io", "networkpolicies"), "Request"),
        (("somebody", "get", "rbac.authorization.k8s.io", "roles"), "Metadata"),
        # Everybody's deeds, without bodies: variables of a pod may hold a password.
        (("somebody", "create", "", "pods"), "Metadata"),
        (("somebody", "create", "", "pods/exec"), "Metadata"),
        (("somebody", "delete", "apps", "deployments"), "Metadata"),
        (("somebody", "list", "", "pods"), "Metadata"),
        (("system:serviceaccount:team:app", "get", "", "pods"), "Metadata"),
        # The machinery's heartbeat.
        (("system:node:i-1", "patch", "", "nodes/status", *NODES), "None"),
        (("system:node:i-1", "update", "coordination.k8s.io", "leases", *NODES), "None"),
        (("system:kube-scheduler", "list", "", "pods"), "None"),
        (("system:kube-controller-manager", "update", "coordination.k8s.io", "leases"), "None"),
        # But not what a node or a controller does to others.
        (("system:node:i-1", "create", "", "pods/eviction", *NODES), "Metadata"),
        (("system:kube-controller-manager", "delete", "", "pods"), "Metadata"),
    ],
)
def test_the_audit_log_says_who_did_what_and_no_secret(action: tuple[str, ...], found: str) -> None:
    assert level(*action) == found


def test_no_rule_of_the_audit_policy_writes_answers() -> None:
    assert {rule["level"] for rule in rules()} == {"None", "Metadata", "Request"}
    assert "RequestResponse" not in audit_policy()
    # The last rule takes what no other did.
    assert rules()[-1] == {"level": "Metadata"}


def test_the_files_are_the_owners_alone(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    assert "key-1, new" in write_api_server_files(standing.agent)
    for path in (ENCRYPTION, ADMISSION, AUTHENTICATION, AUDIT_POLICY):
        assert standing.machine.path(path).stat().st_mode & 0o777 == 0o600
        json.loads(standing.machine.read(path) or "")
    for folder in (API_SERVER_FILES, AUDIT_LOGS):
        assert standing.machine.path(folder).stat().st_mode & 0o777 == 0o700
    # No key stood in a command, which everybody on the instance sees.
    assert standing.machine.commands == []


def test_a_rotated_key_is_brought_and_an_unusable_one_leaves_what_is_there(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    assert refresh_encryption(standing.agent) == "keys key-1, new"
    assert refresh_encryption(standing.agent) == "keys key-1, as they were"
    rotated = {"keys": [encryption_key("key-2", 9), encryption_key()]}
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=json.dumps(rotated))
    assert refresh_encryption(standing.agent) == "keys key-2, key-1, new"
    good = standing.machine.read(ENCRYPTION)
    aws("secretsmanager").put_secret_value(SecretId=SECRET, SecretString='{"keys": []}')
    with pytest.raises(AgentError, match="no list of keys"):
        refresh_encryption(standing.agent)
    assert standing.machine.read(ENCRYPTION) == good


def test_throttling_is_waited_out_and_a_missing_secret_is_one_clear_message(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    standing.cloud.faults["get_secret_value"] = ["ThrottlingException", "AccessDeniedException", "InternalServiceError"]
    assert refresh_encryption(standing.agent) == "keys key-1, new"
    assert standing.cloud.calls == ["get_secret_value"] * 4
    assert standing.clock.time > 0
    aws("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(AgentError, match=f"{SECRET} does not exist: `pulumi up` makes it"):
        refresh_encryption(standing.agent)
