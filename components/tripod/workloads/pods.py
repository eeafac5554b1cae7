"""A workload's pods, and what stands around them, as pure functions."""

from typing import Any

from tripod.addons.framework.namespaces import network_policy, ports, to_dns, to_internet
from tripod.addons.framework.objects import Manifest
from tripod.addons.framework.pods import (
    aws_environment,
    aws_mount,
    aws_volume,
    disruption_budget,
    http_probe,
    metadata,
    non_root,
    resources,
    selector,
    service_account,
    unprivileged,
    zone_spread,
)
from tripod.workloads.spec import PodSpec, ProbeSpec

SIDE = "tripod.workload/side"
"""The label that tells the two sides of a service apart."""


def labels_of(spec: PodSpec, side: str | None = None) -> dict[str, str]:
    """The labels that select a workload's pods.

    Args:
        spec: the workload.
        side: one side of two.
    """
    return {**selector(spec.name), **({SIDE: side} if side else {})}


def deployment(
    spec: PodSpec,
    image: str,
    *,
    replicas: int | None = None,
    side: str | None = None,
    role: Any = None,
    region: str = "",
) -> Manifest:
    """The pods. A new image takes over pod by pod, each when it is ready; one that never is takes over nothing.

    Args:
        spec: the workload.
        image: its image.
        replicas: how many; None where an autoscaler decides.
        side: one side of two.
        role: the role in AWS that they assume; may be unknown.
        region: the region of that.
    """
    name = f"{spec.name}-{side}" if side else spec.name
    match = labels_of(spec, side)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, spec.namespace, spec.name),
        "spec": {
            **({"replicas": replicas} if replicas is not None else {}),
            "selector": {"matchLabels": match},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "progressDeadlineSeconds": 300,
            "template": {
                "metadata": {"labels": {**metadata(name, part_of=spec.name)["labels"], **match}},
                "spec": {
                    "serviceAccountName": spec.name,
                    "automountServiceAccountToken": False,
                    "securityContext": non_root(spec.user),
                    "topologySpreadConstraints": zone_spread(match),
                    "containers": [_container(spec, image, role, region)],
                    "volumes": [{"name": "scratch", "emptyDir": {}}, *([aws_volume()] if role is not None else [])],
                },
            },
        },
    }


def _container(spec: PodSpec, image: str, role: Any, region: str) -> dict[str, Any]:
    secrets = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": source.secret, "key": source.key}}}
        for variable, source in spec.secret_environment.items()
    ]
    clear = [{"name": variable, "value": value} for variable, value in spec.environment.items()]
    aws = role is not None
    return {
        "name": spec.name,
        "image": image,
        **({"args": list(spec.arguments)} if spec.arguments else {}),
        "env": [*clear, *secrets, *(aws_environment(role, region) if aws else [])],
        "ports": [{"name": "http", "containerPort": spec.port, "protocol": "TCP"}],
        "resources": resources(spec.resources.cpu, spec.resources.memory, spec.resources.memory_limit),
        "readinessProbe": _probe(spec.readiness),
        "livenessProbe": _probe(spec.liveness),
        # Whoever still sends requests has time to learn that it goes.
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
        "securityContext": unprivileged(),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}, *([aws_mount()] if aws else [])],  # noqa: S108
    }


def _probe(spec: ProbeSpec) -> dict[str, Any]:
    return http_probe(
        spec.path,
        spec.port or "http",
        periodSeconds=spec.period_seconds,
        failureThreshold=spec.failure_threshold,
        **({"initialDelaySeconds": spec.initial_delay_seconds} if spec.initial_delay_seconds else {}),
    )


def service(spec: PodSpec, side: str | None = None) -> Manifest:
    """The name under which the pods are called within the cluster.

    Args:
        spec: the workload.
        side: the one side of two that is called.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(spec.name, spec.namespace),
        "spec": {
            "selector": labels_of(spec, side),
            "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def surroundings(spec: PodSpec) -> list[Manifest]:
    """An account of their own, a budget, and nothing open but names and what the workload says."""
    match = selector(spec.name)
    outwards = [to_dns(), *([{"to": to_internet(), "ports": ports(443)}] if spec.internet else [])]
    return [
        service_account(spec.name, spec.namespace),
        disruption_budget(spec.name, spec.namespace, match),
        network_policy(spec.name, spec.namespace, match, ingress=[], egress=outwards),
    ]
