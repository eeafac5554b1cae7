"""The roles by their rules. controlplane/kubernetes/test_rights asks a real API server about the rest."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.agent.instance import failed
from support.agent.kubernetes_api import UNREACHABLE, Api
from support.agent.kubernetes_nodes import Secrets, control_plane, node_instance
from support.stacks.samples import few
from tripod.bootstrap.agent.control_plane.csr_approver import AUTO_APPROVAL
from tripod.bootstrap.agent.control_plane.rbac import ROLES, join_bindings, manifests
from tripod.bootstrap.agent.control_plane.role import apply_rbac
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.join_token import WORKERS_GROUP

ALL = {(body["kind"], body["metadata"]["name"]): body for body in manifests({})}


def rules(role: str) -> list[dict[str, Any]]:
    return ALL["ClusterRole", f"tripod:{role}"]["rules"]


def may(role: str, verb: str, group: str, resource: str) -> bool:
    return any(
        verb in rule["verbs"] and group in rule["apiGroups"] and {resource, "*"} & set(rule["resources"])
        for rule in rules(role)
    )


NOBODY = [
    ("get", "", "pods/exec"),
    ("create", "", "pods/ephemeralcontainers"),
    ("get", "", "nodes/proxy"),
    ("create", "rbac.authorization.k8s.io", "rolebindings"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("create", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("update", "certificates.k8s.io", "certificatesigningrequests/approval"),
    ("patch", "", "namespaces"),
    ("update", "apps", "daemonsets/status"),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", NOBODY)
def test_no_role_leads_to_more_rights(role: str, what: tuple[str, str, str]) -> None:
    assert not may(role, *what)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_every_verb_or_every_group(role: str) -> None:
    for rule in rules(role):
        assert "*" not in rule["verbs"]
        assert "*" not in rule["apiGroups"]
        # Of the core there is no "all": it would hold the Secrets.
        assert rule["apiGroups"] != [""] or "*" not in rule["resources"]


@pytest.mark.parametrize("role", ["viewer", "ci-preview"])
def test_viewers_and_previews_read_applications_and_events(role: str) -> None:
    for group, resource in [("apps", "deployments"), ("", "events")]:
        assert may(role, "list", group, resource)


def test_an_operator_restarts_and_scales_and_removes_no_data() -> None:
    for what in [
        ("patch", "apps", "deployments"),
        ("patch", "apps", "statefulsets/scale"),
    ]:
        assert may("operator", *what)
    assert not may("operator", "delete", "", "persistentvolumeclaims")


def test_a_deployer_makes_applications() -> None:
    for group, resource in [("apps", "deployments"), ("", "services"), ("networking.k8s.io", "ingresses")]:
        for verb in ("create", "patch", "delete", "get"):
            assert may("deployer", verb, group, resource)
    assert not may("deployer", "patch", "", "nodes")


def test_secrets_are_a_role_of_its_own_that_nobody_has_everywhere() -> None:
    assert any("secrets" in rule["resources"] for rule in rules("deployer:secrets"))
    bound = [body["roleRef"]["name"] for (kind, _), body in ALL.items() if kind == "ClusterRoleBinding"]
    assert "tripod:deployer:secrets" not in bound


groups = st.dictionaries(st.sampled_from(ROLES), st.lists(st.from_regex(r"[a-z:]{1,20}", fullmatch=True), max_size=4))


@few
@given(groups)
def test_groups_have_the_roles_that_the_configuration_gives_them(given_: dict[str, list[str]]) -> None:
    made = {(body["kind"], body["metadata"]["name"]): body for body in manifests(given_)}
    for role in ROLES:
        binding = made["ClusterRoleBinding", f"tripod:{role}"]
        assert binding["roleRef"]["name"] == f"tripod:{role}"
        assert [one["name"] for one in binding["subjects"]] == given_.get(role, [])
        assert all(one["kind"] == "Group" for one in binding["subjects"])
    # A group that is taken out of the configuration loses its role: the objects are the same ones.
    assert made.keys() == ALL.keys()


def test_deployers_are_kept_out_of_the_systems_namespaces() -> None:
    made = {body["kind"]: body for body in manifests({"deployer": ["team:b", "team:a"]})}
    spec = made["ValidatingAdmissionPolicy"]["spec"]
    assert spec["matchConditions"][0]["expression"].endswith('group in ["team:a", "team:b"])')
    (where,) = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert "kube-system" in where["values"]
    assert spec["failurePolicy"] == "Fail"
    assert made["ValidatingAdmissionPolicyBinding"]["spec"]["validationActions"] == ["Deny"]


def subjects(bodies: Iterable[dict[str, Any]]) -> set[str]:
    return {one["name"] for body in bodies for one in body["subjects"]}


def test_whoever_joins_may_ask_and_is_not_approved_automatically() -> None:
    assert subjects(join_bindings()) == {WORKERS_GROUP}
    roles = {body["roleRef"]["name"] for body in join_bindings()}
    assert roles == {
        "system:node-bootstrapper",
        "kubeadm:get-nodes",
        "kubeadm:kubelet-config",
        "kubeadm:nodes-kubeadm-config",
    }
    assert not any("approv" in role for role in roles)


def test_the_rights_are_applied_and_kubeadms_approval_is_taken_away(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    api = Api(standing)
    api.put("clusterrolebinding", AUTO_APPROVAL, {})
    api.faults = [failed(UNREACHABLE)]
    assert apply_rbac(standing.agent) == f"{len(ALL)} objects, 2 groups"
    assert api.applied == [name for _, name in ALL]
    assert api.removed == [AUTO_APPROVAL]
    (apply,) = (command for command in standing.machine.commands if " apply " in command)
    assert "--server-side" in apply
    assert "--field-manager=tripod-agent" in apply


def test_an_old_node_that_reboots_puts_no_old_rights_back(tmp_path: Path, cluster: Secrets) -> None:
    old = node_instance(tmp_path / "old", control_plane(groups={"operator": ("left-the-team",)}))
    api = Api(old)
    # Its first try does not reach the API to the end.
    kubectl = old.machine.replies["kubectl"]
    assert callable(kubectl)

    def refusing(*command: str) -> str:
        if "apply" in command:
            raise failed("Error from server (Forbidden): not yet")
        return kubectl(*command)

    old.machine.replies["kubectl"] = refusing
    with pytest.raises(AgentError, match="not yet"):
        apply_rbac(old.agent)
    old.machine.replies["kubectl"] = kubectl
    apply_rbac(old.agent)
    assert "tripod:operator" in api.applied
    api.applied.clear()
    api.removed.clear()
    # Newer nodes have applied theirs; the old one boots once more.
    apply_rbac(old.agent)
    assert api.applied == []
    assert api.removed == [AUTO_APPROVAL]
    new = node_instance(tmp_path / "new", control_plane())
    api = Api(new)
    apply_rbac(new.agent)
    assert "tripod:operator" in api.applied


def test_a_role_that_there_is_not_is_named(tmp_path: Path) -> None:
    standing = node_instance(tmp_path, control_plane(groups={"admin": ("team",)}))
    with pytest.raises(AgentError, match="no role 'admin': there are viewer, operator, deployer, ci-preview"):
        apply_rbac(standing.agent)
