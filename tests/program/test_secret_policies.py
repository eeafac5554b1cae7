"""The policies of the cluster's secrets: who is denied, of all that the same plan makes and trusts."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from support.stacks.planned import inputs, of_type, planned
from support.stacks.samples import ACCOUNT, statements
from tripod.pki.secret_names import SecretName
from tripod.rehearsal.program import Recording

READ = "secretsmanager:GetSecretValue"
Principal = Mapping[str, str]


@cache
def plan() -> Recording:
    return planned("production")


def holds(test: str, wanted: str | list[str], found: str | None) -> bool:
    """A condition of IAM: a negated one holds also where the request has no such key (IAM user guide)."""
    values = [wanted] if isinstance(wanted, str) else wanted
    return found not in values if test == "StringNotEquals" else found in values


def denied(policy: dict[str, Any], principal: Principal) -> bool:
    """True if a policy of Deny statements for everyone denies a principal; all conditions of a statement must hold."""
    assert {(one["Effect"], one["Principal"]) for one in statements(policy)} == {("Deny", "*")}
    return any(
        all(
            holds(test, wanted, principal.get(key))
            for test, keys in one["Condition"].items()
            for key, wanted in keys.items()
        )
        for one in statements(policy)
    )


def role(arn: str, **more: str) -> Principal:
    return {"aws:PrincipalArn": arn, "aws:PrincipalAccount": arn.split(":")[4], **more}


def policies() -> dict[str, dict[str, Any]]:
    """ARN of a secret → its policy."""
    found = [inputs(one) for one in of_type(plan(), "secretsmanager/secretPolicy:SecretPolicy")]
    assert all(one["blockPublicPolicy"] for one in found)
    return {one["secretArn"]: json.loads(one["policy"]) for one in found}


def readers() -> dict[str, set[str]]:
    """Instances' role → ARNs of the secrets that its own policies let it read."""
    found: dict[str, set[str]] = {}
    for one in of_type(plan(), "iam/rolePolicy:RolePolicy"):
        if one.urn.count("InstanceRoles"):
            allowed = [part for part in statements(json.loads(inputs(one)["policy"])) if READ in part["Action"]]
            arns = found.setdefault(f"arn:aws:iam::{ACCOUNT}:role/{inputs(one)['role']}", set())
            arns.update(arn for part in allowed for arn in part["Resource"])
    return found


def test_every_secret_of_the_cluster_has_a_policy() -> None:
    assert len(policies()) == len(SecretName)


def test_an_instance_is_denied_what_its_boot_does_not_read_and_nothing_else() -> None:
    assert len(readers()) == 3
    for arn, readable in readers().items():
        allowed = {secret for secret, policy in policies().items() if not denied(policy, role(arn))}
        assert allowed == readable


def test_no_pod_may_use_a_secret_whatever_its_role_may() -> None:
    trusts = [json.loads(inputs(one)["assumeRolePolicy"]) for one in of_type(plan(), "iam/role:Role")]
    providers = {part["Principal"].get("Federated") for trust in trusts for part in statements(trust)} - {None}
    (provider,) = providers
    pod = role(f"arn:aws:iam::{ACCOUNT}:role/anything", **{"aws:FederatedProvider": provider})
    assert all(denied(policy, pod) for policy in policies().values())


@pytest.mark.parametrize(
    "caller",
    [
        role(f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/us-west-2/AWSReservedSSO_Admin_0a1b"),
        role(
            f"arn:aws:iam::{ACCOUNT}:role/production-pipeline",
            **{"aws:FederatedProvider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
        ),
        role(f"arn:aws:iam::{ACCOUNT}:user/admin"),
        role(f"arn:aws:iam::{ACCOUNT}:root"),
    ],
    ids=["person", "pipeline", "user", "root"],
)
def test_whoever_runs_the_engine_is_not_locked_out(caller: Principal) -> None:
    assert not any(denied(policy, caller) for policy in policies().values())


def test_another_account_is_denied() -> None:
    assert all(denied(policy, role("arn:aws:iam::999999999999:role/admin")) for policy in policies().values())
