"""Teams' namespaces, and the priorities of pods."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import metadata, service_account
from tripod.addons.team_namespaces.spec import TeamNamespaceSpec

PRIORITIES: Mapping[str, tuple[int, str]] = {
    "serving": (10_000, "What people wait for: others make room for it."),
    "standard": (1_000, "What says nothing of its priority."),
    "batch": (0, "What may wait, and makes nobody leave."),
}
"""Priority class → its value and description. All are below Kubernetes' own, which add-ons have."""


def team_namespace(team: TeamNamespaceSpec, docker_configs: Mapping[str, Any]) -> list[Manifest]:
    """A team's namespace and its first objects.

    Args:
        team: its settings.
        docker_configs: registry → its credentials (.dockerconfigjson); may be unknown.
    """
    objects = namespace(team.name, team.level, team.memory)
    if team.quota:
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": metadata("quota", team.name, team.name),
                "spec": {"hard": dict(team.quota)},
            }
        )
    for registry in team.registries:
        objects.append(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": metadata(pull_secret(registry), team.name, team.name),
                "type": "kubernetes.io/dockerconfigjson",
                "stringData": {".dockerconfigjson": docker_configs[registry]},
            }
        )
    if team.registries:
        pulls = [{"name": pull_secret(registry)} for registry in team.registries]
        objects += [
            {**service_account(account, team.name, team.name), "imagePullSecrets": pulls}
            for account in team.service_accounts
        ]
    return objects


def pull_secret(registry: str) -> str:
    """The name of the Secret with a registry's credentials, in every namespace that pulls from it."""
    return f"registry-{registry}"


def priority_classes() -> list[Manifest]:
    """The priorities that pods may have."""
    return [
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": metadata(name, part_of="policies"),
            "value": value,
            "globalDefault": name == "standard",
            "preemptionPolicy": "Never" if name == "batch" else "PreemptLowerPriority",
            "description": description,
        }
        for name, (value, description) in PRIORITIES.items()
    ]


def docker_config(server: str, credentials: str | None) -> str:
    """Credentials of a registry as kubelets read them (.dockerconfigjson).

    Args:
        server: the registry's host.
        credentials: JSON with username and password; None if they were not read, as in a plan.

    Raises:
        pulumi.RunError: the credentials have another form; they are not shown.
    """
    if credentials is None:
        return json.dumps({"auths": {}})
    try:
        login: dict[str, str] = json.loads(credentials)
        pair = f"{login['username']}:{login['password']}".encode()
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(f"the credentials of {server} are no JSON with username and password") from None
    return json.dumps({"auths": {server: {"auth": base64.b64encode(pair).decode()}}})
