"""The OpenTelemetry collectors: one on each worker, one on each control-plane node, one for the cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    CONTROL_PLANE,
    EVERYWHERE,
    ROLLING,
    aws_environment,
    aws_mount,
    aws_volume,
    cluster_role,
    cluster_role_binding,
    config_map,
    http_probe,
    non_root,
    resources,
    service_account,
    unprivileged,
    workload,
)
from tripod.addons.metrics.backends import MetricBackend
from tripod.addons.metrics.otel_config import HEALTH_PORT, otel_config
from tripod.addons.metrics.scrapes import (
    api_server_endpoint,
    cluster_scrapes,
    control_plane_scrapes,
    member_endpoints,
    node_scrapes,
)
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.telemetry.common import (
    digest_annotation,
    field_variable,
    mount,
    variables_from,
    yaml_text,
)
from tripod.addons.telemetry.jobs import NAMESPACE

PART_OF = "metrics"
IMAGE = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.159.0"
KEYS = "metric-keys"
NODES, CONTROL_PLANE_NODES, CLUSTER = "collector", "collector-control-plane", "collector-cluster"

_CONFIG = "/etc/tripod/collector"
_ROLE = "node-role.kubernetes.io/control-plane"
_RIGHTS = [
    # A kubelet has the API authorize readers of its metrics.
    {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
]
_METRICS = {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}


@dataclass(frozen=True)
class Collector:
    """A collector.

    Attributes:
        name: its name.
        config: its configuration.
        rights: its RBAC rules.
        memory: its memory limit.
        placement: its nodes; merged into its pods' specification.
    """

    name: str
    config: Mapping[str, Any]
    rights: Sequence[Mapping[str, Any]]
    memory: str
    placement: Mapping[str, Any] = field(default_factory=JsonObject)


def collectors(
    cluster: ClusterFacts, spec: MetricsSpec, backends: Sequence[MetricBackend], *, cloudwatch: bool
) -> list[Collector]:
    """The collectors of a cluster.

    Args:
        cluster: facts of the cluster.
        spec: the settings.
        backends: the metric back ends.
        cloudwatch: if true, the CloudWatch exporter is scraped.
    """

    def config(scrapes: list[JsonObject], certificates: list[str]) -> JsonObject:
        return otel_config(cluster.cluster_name, scrapes, certificates, backends, spec.interval_seconds)

    nodes = node_scrapes(cluster)
    return [
        Collector(NODES, config(nodes, []), _RIGHTS, "512Mi", _placement("DoesNotExist")),
        Collector(
            CONTROL_PLANE_NODES,
            config([*nodes, *control_plane_scrapes(cluster)], [api_server_endpoint()]),
            [*_RIGHTS, _METRICS],
            "768Mi",
            {
                **_placement("Exists"),
                # Controller manager and scheduler listen on the node's loopback interface, and nowhere else.
                "hostNetwork": True,
                "dnsPolicy": "ClusterFirstWithHostNet",
            },
        ),
        Collector(
            CLUSTER,
            config(cluster_scrapes(cluster, cloudwatch=cloudwatch), member_endpoints(cluster)),
            [],
            "768Mi",
            # Members of etcd let only control-plane nodes in.
            {**CONTROL_PLANE, "tolerations": [*CONTROL_PLANE["tolerations"], *_LOST_NODE]},
        ),
    ]


_LOST_NODE = [
    {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
    for state in ("not-ready", "unreachable")
]
"""Tolerations of a single replica: it is replaced a minute after the loss of its node."""


def _placement(operator: str) -> JsonObject:
    """Placement on control-plane nodes, or on all others; tainted or not."""
    terms = [{"matchExpressions": [{"key": _ROLE, "operator": operator}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"tolerations": EVERYWHERE, "affinity": {"nodeAffinity": required}}


def collector_objects(
    cluster: ClusterFacts, collector: Collector, backends: Sequence[MetricBackend], role_arn: pulumi.Input[str] | None
) -> list[Manifest]:
    """The objects of one collector.

    Args:
        cluster: facts of the cluster.
        collector: the collector.
        backends: the metric back ends.
        role_arn: its role in AWS, or None.
    """
    name = collector.name
    files = config_map(name, NAMESPACE, PART_OF, {"config.yaml": yaml_text(collector.config)})
    rights = [cluster_role(name, collector.rights), cluster_role_binding(name, name, name, NAMESPACE)]
    return [
        service_account(name, NAMESPACE, PART_OF),
        *(rights if collector.rights else []),
        files,
        _workload(collector, files, _pod(cluster, collector, backends, role_arn)),
    ]


def _workload(collector: Collector, files: Manifest, pod: JsonObject) -> Manifest:
    once = collector.name == CLUSTER
    strategy = {"strategy": {"type": "Recreate"}, "replicas": 1} if once else {"updateStrategy": ROLLING}
    kind, annotations = "Deployment" if once else "DaemonSet", digest_annotation(files)
    return workload(kind, collector.name, NAMESPACE, pod, strategy, part_of=PART_OF, annotations=annotations)


def _pod(
    cluster: ClusterFacts, collector: Collector, backends: Sequence[MetricBackend], role_arn: pulumi.Input[str] | None
) -> JsonObject:
    in_aws = role_arn is not None
    keys = {variable: variable for backend in backends for variable in backend.keys}
    container = {
        "name": "collector",
        "image": cluster.image(IMAGE),
        "args": [f"--config={_CONFIG}/config.yaml"],
        "env": [
            field_variable("NODE_NAME", "spec.nodeName"),
            field_variable("NODE_IP", "status.hostIP"),
            field_variable("POD_IP", "status.podIP"),
            *variables_from(KEYS, keys),
            *(aws_environment(role_arn, cluster.region) if in_aws else []),
        ],
        "ports": [{"name": "health", "containerPort": HEALTH_PORT, "protocol": "TCP"}],
        "resources": resources("100m", "200Mi", collector.memory),
        "livenessProbe": http_probe("/", HEALTH_PORT, initialDelaySeconds=10, periodSeconds=30),
        "readinessProbe": http_probe("/", HEALTH_PORT),
        "securityContext": unprivileged(),
        "volumeMounts": [mount("config", _CONFIG), *([aws_mount()] if in_aws else [])],
    }
    return {
        "serviceAccountName": collector.name,
        "automountServiceAccountToken": bool(collector.rights),
        "priorityClassName": "system-cluster-critical" if collector.name == CLUSTER else "system-node-critical",
        "securityContext": non_root(),
        **collector.placement,
        "containers": [container],
        "volumes": [
            {"name": "config", "configMap": {"name": collector.name}},
            *([aws_volume()] if in_aws else []),
        ],
    }
