"""Kubernetes objects as plain manifests, and how they become resources of a program."""

import re
from collections.abc import Mapping
from importlib.metadata import version as installed
from typing import Any

import pulumi

Manifest = dict[str, Any]
"""An object as Kubernetes' API has it. Values may be outputs; keys never are."""

SDK_VERSION = installed("pulumi-kubernetes")
"""The version of the provider that is to manage what is declared."""

BUILTIN_GROUPS = frozenset(
    (
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    )
)
"""The API groups of Kubernetes itself."""

_WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob")
_FOUNDATIONS = ("Namespace", "CustomResourceDefinition", "PriorityClass")


def key_of(manifest: Mapping[str, Any]) -> str:
    """What an object is called among those of its add-on: Kind/name."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def logical_name(add_on: str, manifest: Mapping[str, Any]) -> str:
    """A resource's logical name, the same in every stack: ``<add-on>-<kind>-<name>``.

    Args:
        add_on: the add-on's logical name.
        manifest: the object.
    """
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", manifest["kind"]).lower()
    name = re.sub(r"[^a-z0-9-]", "-", manifest["metadata"]["name"].lower())
    return f"{add_on}-{kind}-{name}"


def apply_order(manifest: Mapping[str, Any]) -> int:
    """In which of four steps an object is made: what others stand in, what pods read, pods, what controllers read."""
    if manifest["kind"] in _FOUNDATIONS:
        return 0
    if manifest["kind"] in _WORKLOADS:
        return 2
    return 1 if is_builtin(manifest["apiVersion"]) else 3


def has_external_resources(manifest: Mapping[str, Any]) -> bool:
    """Whether something outside the cluster exists because of an object: a load balancer, a disk, a name.

    Such an object is deleted while the controller that made the thing still runs. A namespace may hold any of them.
    """
    kind, spec = manifest["kind"], manifest.get("spec", {})
    if kind == "Service":
        return spec.get("type") == "LoadBalancer"
    if kind == "StatefulSet":
        return bool(spec.get("volumeClaimTemplates"))
    return kind in ("Namespace", "PersistentVolumeClaim", "Ingress", "Gateway", "HTTPRoute", "VolumeSnapshot")


def declare(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declare an object as a resource: what the Kubernetes SDK's class for its kind would, without its half a second.

    The SDK's classes translate every name of every field, and take as long to load as all else of a plan. What they
    check, a rehearsal checks (see rehearsal/typed_objects.py).

    Args:
        name: its logical name.
        manifest: the object.
        opts: its options.
    """
    version, kind = manifest["apiVersion"], manifest["kind"]
    token = f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind}"
    hidden = [field for field in ("data", "stringData") if kind == "Secret"]
    own = pulumi.ResourceOptions(version=SDK_VERSION, additional_secret_outputs=hidden)
    return pulumi.CustomResource(token, name, dict(manifest), pulumi.ResourceOptions.merge(opts, own))


def is_builtin(api_version: str) -> bool:
    """Whether a group is one of Kubernetes' own, and not brought by a custom resource definition."""
    return api_version.rpartition("/")[0] in BUILTIN_GROUPS
