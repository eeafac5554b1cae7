"""Objects of kube-state-metrics and of the CloudWatch exporter."""

from collections.abc import Sequence

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import ports, to_internet
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    aws_environment,
    aws_mount,
    aws_volume,
    cluster_role,
    cluster_role_binding,
    config_map,
    http_probe,
    metadata,
    non_root,
    resources,
    selector,
    service_account,
    unprivileged,
    workload,
)
from tripod.addons.metrics.network_policies import exporter_policy
from tripod.addons.metrics.scrapes import CLOUDWATCH_PORT, STATE_PORT
from tripod.addons.telemetry.common import api_egress_rules, digest_annotation, mount, yaml_text
from tripod.addons.telemetry.jobs import NAMESPACE
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.naming import ownership_tag
from tripod.security.ports import HTTPS

PART_OF = "metrics"
STATE, CLOUDWATCH = "kube-state-metrics", "cloudwatch-exporter"
STATE_IMAGE = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0"
CLOUDWATCH_IMAGE = "quay.io/prometheuscommunity/yet-another-cloudwatch-exporter:v0.67.0"

_HEALTH_PORT = 8081
_CONFIG = "/etc/tripod/cloudwatch"

_KINDS = {
    "": ("namespaces", "nodes", "persistentvolumeclaims", "pods"),
    "apps": ("daemonsets", "deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("cronjobs", "jobs"),
    "certificates.k8s.io": ("certificatesigningrequests",),
    "policy": ("poddisruptionbudgets",),
}
"""API group → kinds that kube-state-metrics reads; no Secrets, no ConfigMaps."""


def kube_state_metrics(cluster: ClusterFacts) -> list[Manifest]:
    """All objects of kube-state-metrics."""
    kinds = ",".join(sorted(kind for group in _KINDS.values() for kind in group))
    rules = [
        {"apiGroups": [group], "resources": list(kinds), "verbs": ["list", "watch"]} for group, kinds in _KINDS.items()
    ]
    container = {
        "name": STATE,
        "image": cluster.image(STATE_IMAGE),
        "args": [f"--resources={kinds}", f"--port={STATE_PORT}", f"--telemetry-port={_HEALTH_PORT}"],
        "ports": [
            {"name": "metrics", "containerPort": STATE_PORT, "protocol": "TCP"},
            {"name": "health", "containerPort": _HEALTH_PORT, "protocol": "TCP"},
        ],
        "resources": resources("50m", "128Mi", "512Mi"),
        "livenessProbe": http_probe("/livez", "metrics", initialDelaySeconds=5),
        "readinessProbe": http_probe("/readyz", "health", initialDelaySeconds=5),
        "securityContext": unprivileged(),
    }
    return [
        service_account(STATE, NAMESPACE, PART_OF),
        cluster_role(STATE, rules),
        cluster_role_binding(STATE, STATE, STATE, NAMESPACE),
        exporter_policy(STATE, STATE_PORT, api_egress_rules(cluster)),
        _service(STATE, STATE_PORT),
        _deployment(STATE, {"containers": [container]}, {}),
    ]


def cloudwatch_config(region: str, cluster: str, databases: Sequence[str], *, load_balancers: bool) -> JsonObject:
    """Configuration of the CloudWatch exporter.

    Args:
        region: the region.
        cluster: the cluster's name, in the tag of its load balancers.
        databases: identifiers of RDS instances.
        load_balancers: if true, metrics of load balancers are read.
    """
    every_minute = {"period": 60, "length": 300}
    load_balancer_job = {
        "type": "AWS/NetworkELB",
        "regions": [region],
        "searchTags": [{"key": ownership_tag(cluster), "value": "^(owned|shared)$"}],
        "metrics": [
            {"name": name, "statistics": ["Maximum"], **every_minute}
            for name in ("HealthyHostCount", "UnHealthyHostCount")
        ],
    }
    database_metrics = {"CPUUtilization": "Average", "FreeStorageSpace": "Average", "DatabaseConnections": "Maximum"}
    return {
        "apiVersion": "v1alpha1",
        "sts-region": region,
        **({"discovery": {"jobs": [load_balancer_job]}} if load_balancers else {}),
        **(
            {"static": [_database(region, name, database_metrics, every_minute) for name in databases]}
            if databases
            else {}
        ),
    }


def _database(region: str, name: str, metrics: dict[str, str], period: dict[str, int]) -> JsonObject:
    return {
        "name": name,
        "namespace": "AWS/RDS",
        "regions": [region],
        "dimensions": [{"name": "DBInstanceIdentifier", "value": name}],
        "metrics": [{"name": metric, "statistics": [statistic], **period} for metric, statistic in metrics.items()],
    }


def cloudwatch_policy(region: str, **cluster: str) -> Document:
    """IAM policy of the exporter: read metrics in one region. CloudWatch and tags have no narrower resource."""
    del cluster  # account, partition and name, which AddOn.policy passes to every policy
    actions = ("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics")
    in_region = {"StringEquals": {"aws:RequestedRegion": region}}
    return policy_document(Statement("ReadFigures", (*actions, "tag:GetResources"), ("*",), in_region))


def cloudwatch_exporter(cluster: ClusterFacts, config: JsonObject, role_arn: pulumi.Input[str]) -> list[Manifest]:
    """All objects of the CloudWatch exporter.

    Args:
        cluster: facts of the cluster.
        config: its configuration.
        role_arn: its role in AWS.
    """
    files = config_map(CLOUDWATCH, NAMESPACE, PART_OF, {"config.yaml": yaml_text(config)})
    probe = http_probe("/healthz", CLOUDWATCH_PORT, initialDelaySeconds=5)
    container = {
        "name": CLOUDWATCH,
        "image": cluster.image(CLOUDWATCH_IMAGE),
        "args": [f"--config.file={_CONFIG}/config.yaml", f"--listen-address=:{CLOUDWATCH_PORT}"],
        "env": aws_environment(role_arn, cluster.region),
        "ports": [{"name": "metrics", "containerPort": CLOUDWATCH_PORT, "protocol": "TCP"}],
        "resources": resources("20m", "64Mi", "256Mi"),
        "livenessProbe": probe,
        "readinessProbe": probe,
        "securityContext": unprivileged(),
        "volumeMounts": [mount("config", _CONFIG), aws_mount()],
    }
    volumes = [{"name": "config", "configMap": {"name": CLOUDWATCH}}, aws_volume()]
    return [
        service_account(CLOUDWATCH, NAMESPACE, PART_OF),
        files,
        exporter_policy(CLOUDWATCH, CLOUDWATCH_PORT, [{"to": to_internet(), "ports": ports(HTTPS)}]),
        _service(CLOUDWATCH, CLOUDWATCH_PORT),
        _deployment(
            CLOUDWATCH,
            {"containers": [container], "volumes": volumes, "automountServiceAccountToken": False},
            digest_annotation(files),
        ),
    ]


def _deployment(name: str, pod: JsonObject, annotations: dict[str, str]) -> Manifest:
    """A deployment of one pod: two would export every series twice."""
    return workload(
        "Deployment",
        name,
        NAMESPACE,
        {
            "serviceAccountName": name,
            "priorityClassName": "system-cluster-critical",
            "securityContext": non_root(),
            **pod,
        },
        {"replicas": 1, "strategy": {"type": "Recreate"}},
        part_of=PART_OF,
        annotations=annotations,
    )


def _service(name: str, port: int) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, NAMESPACE, PART_OF),
        "spec": {
            "selector": selector(name),
            "ports": [{"name": "metrics", "port": port, "protocol": "TCP", "targetPort": "metrics"}],
        },
    }
