"""Kubernetes objects of a workload: Deployment, Service and supporting objects."""

import pulumi

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
    workload,
    zone_spread,
)
from tripod.workloads.spec import PodSpec, ProbeSpec

SIDE = "tripod.workload/side"
"""The label with the side of a BlueGreen service."""


def labels_of(spec: PodSpec, side: str | None = None) -> dict[str, str]:
    """Build the labels that select a workload's pods.

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
    role: pulumi.Input[str] | None = None,
    region: str = "",
) -> Manifest:
    """Build the Deployment. A rolling update replaces pods one by one, each after its successor is ready.

    Args:
        spec: the workload.
        image: its image.
        replicas: the number of pods; None if an autoscaler decides.
        side: one side of two.
        role: the ARN of their AWS role; may be unknown.
        region: the AWS region, for the role.
    """
    name = f"{spec.name}-{side}" if side else spec.name
    match = labels_of(spec, side)
    pod: Manifest = {
        "serviceAccountName": spec.name,
        "automountServiceAccountToken": False,
        "securityContext": non_root(spec.user),
        "topologySpreadConstraints": zone_spread(match),
        "containers": [_container(spec, image, role, region)],
        "volumes": [{"name": "scratch", "emptyDir": {}}, *([aws_volume()] if role is not None else [])],
    }
    fields = {
        **({"replicas": replicas} if replicas is not None else {}),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "progressDeadlineSeconds": 300,
    }
    return workload("Deployment", name, spec.namespace, pod, fields, match=match, part_of=spec.name)


def _container(spec: PodSpec, image: str, role: pulumi.Input[str] | None, region: str) -> Manifest:
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
        # Clients have time to learn that the pod terminates.
        "lifecycle": {"preStop": {"sleep": {"seconds": 10}}},
        "securityContext": unprivileged(),
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}, *([aws_mount()] if aws else [])],  # noqa: S108
    }


def _probe(spec: ProbeSpec) -> Manifest:
    return http_probe(
        spec.path,
        spec.port or "http",
        periodSeconds=spec.period_seconds,
        failureThreshold=spec.failure_threshold,
        **({"initialDelaySeconds": spec.initial_delay_seconds} if spec.initial_delay_seconds else {}),
    )


def service(spec: PodSpec, side: str | None = None) -> Manifest:
    """Build the Service through which the cluster calls the pods.

    Args:
        spec: the workload.
        side: the live side of two.
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


def supporting_objects(spec: PodSpec, *, calls_aws: bool = False) -> list[Manifest]:
    """Build the service account, the disruption budget and the network policy: DNS, and HTTPS if configured.

    Args:
        spec: the workload.
        calls_aws: if true, it has an AWS role, whose credentials come from STS by HTTPS.
    """
    match = selector(spec.name)
    https = [{"to": to_internet(), "ports": ports(443)}] if spec.internet or calls_aws else []
    egress = [to_dns(), *https]
    account = service_account(spec.name, spec.namespace)
    if spec.image_pull_secrets:
        account["imagePullSecrets"] = [{"name": secret} for secret in spec.image_pull_secrets]
    return [
        account,
        disruption_budget(spec.name, spec.namespace, match),
        network_policy(spec.name, spec.namespace, match, ingress=[], egress=egress),
    ]
