"""Kubernetes objects as plain manifests, and how they become resources of a program."""

import importlib
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

Manifest = dict[str, Any]
"""An object as Kubernetes' API has it. Values may be outputs; keys never are."""

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


def rank(manifest: Mapping[str, Any]) -> int:
    """In which of four steps an object is made: what others stand in, what pods read, pods, what controllers read."""
    if manifest["kind"] in _FOUNDATIONS:
        return 0
    if manifest["kind"] in _WORKLOADS:
        return 2
    return 1 if class_of(manifest["apiVersion"], manifest["kind"]) else 3


def owns_outside(manifest: Mapping[str, Any]) -> bool:
    """Whether something outside the cluster exists because of an object: a load balancer, a disk, a name.

    Such an object is deleted while the controller that made the thing still runs.
    """
    kind, spec = manifest["kind"], manifest.get("spec", {})
    if kind == "Service":
        return spec.get("type") == "LoadBalancer"
    if kind == "StatefulSet":
        return bool(spec.get("volumeClaimTemplates"))
    return kind in ("PersistentVolumeClaim", "Ingress", "Gateway", "HTTPRoute", "VolumeSnapshot")


def declare(name: str, manifest: Mapping[str, Any], opts: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declare an object as a resource of the Kubernetes SDK's class for its kind.

    Args:
        name: its logical name.
        manifest: the object.
        opts: its options.
    """
    body = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    known = class_of(manifest["apiVersion"], manifest["kind"])
    if known is not None:
        return known(name, opts=opts, **{_snake(key): value for key, value in body.items()})
    return kubernetes.apiextensions.CustomResource(
        name,
        api_version=manifest["apiVersion"],
        kind=manifest["kind"],
        metadata=manifest["metadata"],
        spec=manifest["spec"],
        opts=opts,
    )


def class_of(api_version: str, kind: str) -> Any:
    """The SDK's class for a kind; None for a kind that a custom resource definition brings."""
    group, _, version = api_version.rpartition("/")
    first = group.partition(".")[0] or "core"
    known = "." not in group or group.endswith(".k8s.io")
    try:
        module = importlib.import_module(f"pulumi_kubernetes.{first}.{version}") if known else None
    except ModuleNotFoundError:
        return None
    return getattr(module, kind, None) if module else None


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
