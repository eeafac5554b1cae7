"""Kubernetes objects as plain manifests, declared as resources of a program."""

import re
from collections.abc import Mapping
from importlib.metadata import version as installed
from typing import Any

import pulumi

from tripod.core.json_types import JsonObject

Manifest = JsonObject
"""An object of Kubernetes' API."""

SDK_VERSION = installed("pulumi-kubernetes")
"""The version of the provider that manages the objects."""

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
    """The key of an object among those of its add-on: Kind/name."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


def logical_name(add_on: str, manifest: Mapping[str, Any]) -> str:
    """Build a resource's logical name, the same in every stack: ``<add-on>-<kind>-<name>``.

    Args:
        add_on: the add-on's logical name.
        manifest: the object.
    """
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", manifest["kind"]).lower()
    name = re.sub(r"[^a-z0-9-]", "-", manifest["metadata"]["name"].lower())
    return f"{add_on}-{kind}-{name}"


def apply_order(manifest: Mapping[str, Any]) -> int:
    """The step (0 to 3) of an object: namespaces and definitions, objects pods read, pods, custom resources."""
    if manifest["kind"] in _FOUNDATIONS:
        return 0
    if manifest["kind"] in _WORKLOADS:
        return 2
    return 1 if is_builtin(manifest["apiVersion"]) else 3


def has_external_resources(manifest: Mapping[str, Any]) -> bool:
    """True if a resource outside the cluster exists because of an object: a load balancer, a disk, a DNS record.

    Such an object is deleted while the controller that made the resource still runs. A namespace may hold any.
    """
    kind, spec = manifest["kind"], manifest.get("spec", {})
    if kind == "Service":
        return spec.get("type") == "LoadBalancer"
    if kind == "StatefulSet":
        return bool(spec.get("volumeClaimTemplates"))
    return kind in ("Namespace", "PersistentVolumeClaim", "Ingress", "Gateway", "HTTPRoute", "VolumeSnapshot")


def declare(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declare an object as a resource, without the Kubernetes SDK's class for its kind.

    The SDK's classes translate every field's name, and take half a second to load, as long as the rest of a plan. A
    rehearsal makes their checks (see rehearsal/schema_check.py).

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
    """True if an API group is one of Kubernetes' own, and not of a custom resource definition."""
    return api_version.rpartition("/")[0] in BUILTIN_GROUPS
