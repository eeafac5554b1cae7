"""Teams' namespaces, and what policies are made of; what policies refuse, a real API server is asked."""

import json
from typing import Any

import pulumi
import pytest

from tripod.addons.policies.objects import LOAD_BALANCERS, PARAMETERS, policies
from tripod.addons.team_namespaces.objects import docker_config, priority_classes, team_namespace
from tripod.addons.team_namespaces.spec import TeamNamespaceSpec


def made(**settings: Any) -> dict[str, Any]:
    """A team's namespace: Kind/name → object."""
    team = TeamNamespaceSpec.load({"name": "shop", **settings})
    objects = team_namespace(team, {"ours": "{}"})
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in objects}


def test_a_namespace_is_closed_and_limited_from_the_start():
    objects = made()
    assert objects["Namespace/shop"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    closed = objects["NetworkPolicy/default-deny"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert objects["LimitRange/defaults"]["spec"]["limits"][0]["default"] == {"memory": "256Mi"}
    assert {key.partition("/")[0] for key in objects} == {"Namespace", "NetworkPolicy", "LimitRange"}


def test_a_namespace_has_its_settings():
    objects = made(level="baseline", memory="1Gi", quota={"requests.memory": "8Gi"})
    assert objects["Namespace/shop"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    assert objects["LimitRange/defaults"]["spec"]["limits"][0]["default"] == {"memory": "1Gi"}
    assert objects["ResourceQuota/quota"]["spec"]["hard"] == {"requests.memory": "8Gi"}


def test_service_accounts_pull_with_the_registry_s_credentials():
    objects = made(registries=["ours"], serviceAccounts=["default", "web"])
    assert objects["Secret/registry-ours"]["type"] == "kubernetes.io/dockerconfigjson"
    for account in ("default", "web"):
        assert objects[f"ServiceAccount/{account}"]["imagePullSecrets"] == [{"name": "registry-ours"}]


def test_a_kubelet_logs_in_with_the_credentials():
    config = json.loads(docker_config("registry.example.com", '{"username": "u", "password": "p:w"}'))
    assert config == {"auths": {"registry.example.com": {"auth": "dTpwOnc="}}}


@pytest.mark.parametrize("credentials", ["hunter2", '["hunter2"]', '{"user": "hunter2"}'])
def test_credentials_of_another_form_are_refused_and_not_shown(credentials: str):
    with pytest.raises(pulumi.RunError, match=r"registry\.example\.com") as refusal:
        docker_config("registry.example.com", credentials)
    assert "hunter2" not in str(refusal.value)


def test_what_says_nothing_of_its_priority_has_one():
    assert [one["metadata"]["name"] for one in priority_classes() if one["globalDefault"]] == ["standard"]
    # Kubernetes keeps what is above for itself.
    assert all(0 <= one["value"] <= 1_000_000_000 for one in priority_classes())


def test_every_policy_is_bound_and_denies():
    objects = policies(["ingress/one"])
    named = [one["metadata"]["name"] for one in objects if one["kind"] == "ValidatingAdmissionPolicy"]
    bindings = {one["spec"]["policyName"]: one for one in objects if one["kind"] == "ValidatingAdmissionPolicyBinding"}
    assert sorted(named) == sorted(bindings)
    assert all(one["spec"]["validationActions"] == ["Deny"] for one in bindings.values())
    assert bindings[LOAD_BALANCERS]["spec"]["paramRef"]["parameterNotFoundAction"] == "Deny"


def test_the_services_that_may_be_load_balancers_are_listed():
    (listed,) = (one for one in policies(["ingress/one", "back/two"]) if one["kind"] == "ConfigMap")
    assert listed["metadata"]["name"] == PARAMETERS
    assert listed["data"]["services"].split("\n") == ["ingress/one", "back/two"]
