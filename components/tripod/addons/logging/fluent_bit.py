"""Fluent Bit's objects: it reads logs of containers, nodes and API servers on every node."""

from collections.abc import Mapping
from typing import Any

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.namespaces import namespace, network_policy, ports
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    EVERYWHERE,
    ROLLING,
    aws_environment,
    aws_mount,
    aws_volume,
    cluster_role,
    cluster_role_binding,
    config_map,
    http_probe,
    resources,
    scrape_annotations,
    selector,
    service_account,
    unprivileged,
    workload,
)
from tripod.addons.logging.backends import LogBackend
from tripod.addons.telemetry.common import (
    api_egress_rules,
    digest_annotation,
    field_variable,
    mount,
    node_folder,
    secret,
    variables_from,
    yaml_text,
)
from tripod.addons.telemetry.jobs import NAMESPACE as MONITORING

NAME, NAMESPACE = "fluent-bit", "logging"
IMAGE = "docker.io/fluent/fluent-bit:5.1.1"

_PORT = 2020
_LOGS, _STATE, _CONFIG, _AUDIT = (
    "/var/log",
    "/var/lib/fluent-bit",
    "/etc/tripod/fluent-bit",
    "/var/log/kubernetes/audit",
)
_UNITS = ("kubelet.service", "containerd.service", "tripod-boot.service")
"""systemd units of a node, the boot unit included."""


def fluent_bit_config(cluster: str, output: Mapping[str, Any], *, audit: bool, buffer_mib: int) -> JsonObject:
    """Fluent Bit's configuration.

    Args:
        cluster: the cluster's name, a field of every record.
        output: the output of its pipeline.
        audit: if true, the API servers' audit logs are read.
        buffer_mib: buffer of a node in MiB while the output refuses logs.
    """
    bounded = {"storage.total_limit_size": f"{buffer_mib}M", "retry_limit": "no_limits"}
    return {
        "service": {
            "flush": 5,
            "grace": 30,
            "log_level": "info",
            "parsers_file": "/fluent-bit/etc/parsers.conf",
            "http_server": True,
            "http_listen": "0.0.0.0",  # noqa: S104 - a pod's own address; a network policy says who gets there
            "http_port": _PORT,
            "health_check": True,
            "hc_period": 60,
            "storage.path": f"{_STATE}/chunks",
            "storage.max_chunks_up": 64,
            "storage.backlog.mem_limit": "16M",
        },
        "pipeline": {
            "inputs": [_containers(), _journal(), *([_audit()] if audit else [])],
            "filters": [_add_pod_metadata(), *_add_origin(cluster, audit=audit)],
            "outputs": [{**output, "match": "*", **bounded}],
        },
    }


def _tail(name: str, path: str, **more: Any) -> JsonObject:
    return {
        "name": "tail",
        "tag": name,
        "path": path,
        **more,
        "db": f"{_STATE}/{name.rstrip('.*')}.db",
        # Lines written before Fluent Bit's pod started are not lost.
        "read_from_head": True,
        "skip_long_lines": True,
        "buffer_max_size": "1M",
        "refresh_interval": 10,
        "rotate_wait": 30,
        "storage.type": "filesystem",
    }


def _containers() -> JsonObject:
    own = f"{_LOGS}/containers/{NAME}-*_{NAMESPACE}_*.log"
    return _tail("kube.*", f"{_LOGS}/containers/*.log", exclude_path=own, **{"multiline.parser": "cri"})


def _audit() -> JsonObject:
    """The audit log; on workers there is none."""
    return _tail("audit", f"{_AUDIT}/audit.log", parser="json")


def _journal() -> JsonObject:
    return {
        "name": "systemd",
        "tag": "node.*",
        "path": f"{_LOGS}/journal",
        "systemd_filter": [f"_SYSTEMD_UNIT={unit}" for unit in _UNITS],
        "systemd_filter_type": "or",
        "strip_underscores": True,
        "db": f"{_STATE}/journal.db",
        "storage.type": "filesystem",
    }


def _add_pod_metadata() -> JsonObject:
    """The filter that adds a pod's metadata to the logs of its containers."""
    return {
        "name": "kubernetes",
        "match": "kube.*",
        "kube_tag_prefix": "kube.var.log.containers.",
        "merge_log": True,
        "keep_log": False,
        "annotations": False,
        "buffer_size": 0,  # unlimited: a pod of any size
        "k8s-logging.exclude": True,
    }


def _add_origin(cluster: str, *, audit: bool) -> list[JsonObject]:
    """The filters that add cluster, node and source to every record."""
    sources = {"kube.*": "container", "node.*": "node", **({"audit": "audit"} if audit else {})}
    return [
        {
            "name": "record_modifier",
            "match": match,
            "record": [f"cluster {cluster}", "node ${NODE_NAME}", f"source {source}"],
        }
        for match, source in sources.items()
    ]


def fluent_bit(
    cluster: ClusterFacts,
    backend: LogBackend,
    config: JsonObject,
    keys: Mapping[str, Any],
    role_arn: pulumi.Input[str] | None,
) -> list[Manifest]:
    """All objects of Fluent Bit.

    Args:
        cluster: facts of the cluster.
        backend: the log back end.
        config: the configuration.
        keys: variable of the backend → its value, which is a secret.
        role_arn: its role in AWS, or None.
    """
    files = config_map(NAME, NAMESPACE, NAME, {"fluent-bit.yaml": yaml_text(config)})
    collectors = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": MONITORING}}}
    return [
        # It reads folders of its node, which no stricter level allows.
        *namespace(NAMESPACE, "privileged"),
        service_account(NAME, NAMESPACE),
        cluster_role(NAME, [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
        cluster_role_binding(NAME, NAME, NAME, NAMESPACE),
        files,
        *([secret(NAME, NAMESPACE, NAME, keys)] if keys else []),
        network_policy(
            NAME,
            NAMESPACE,
            selector(NAME),
            ingress=[{"from": [collectors], "ports": ports(_PORT)}],
            egress=[*api_egress_rules(cluster), *backend.egress],
        ),
        _daemon_set(cluster, backend, files, role_arn),
    ]


def _daemon_set(
    cluster: ClusterFacts, backend: LogBackend, files: Manifest, role_arn: pulumi.Input[str] | None
) -> Manifest:
    scraped = scrape_annotations(_PORT, path="/api/v2/metrics/prometheus")
    pod = {
        "serviceAccountName": NAME,
        "priorityClassName": "system-node-critical",
        "tolerations": EVERYWHERE,
        "terminationGracePeriodSeconds": 60,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(cluster, backend, role_arn)],
        "volumes": [
            {"name": "config", "configMap": {"name": NAME}},
            node_folder("logs", _LOGS),
            node_folder("state", _STATE, "DirectoryOrCreate"),
            *([aws_volume()] if role_arn is not None else []),
        ],
    }
    annotations = {**digest_annotation(files), **scraped}
    return workload("DaemonSet", NAME, NAMESPACE, pod, {"updateStrategy": ROLLING}, annotations=annotations)


def _container(cluster: ClusterFacts, backend: LogBackend, role_arn: pulumi.Input[str] | None) -> JsonObject:
    in_aws = role_arn is not None
    return {
        "name": NAME,
        "image": cluster.image(IMAGE),
        "args": [f"--config={_CONFIG}/fluent-bit.yaml"],
        "env": [
            field_variable("NODE_NAME", "spec.nodeName"),
            *variables_from(NAME, {variable: variable for variable in backend.keys}),
            *(aws_environment(role_arn, cluster.region) if in_aws else []),
        ],
        "ports": [{"name": "http", "containerPort": _PORT, "protocol": "TCP"}],
        "resources": resources("50m", "64Mi", "256Mi"),
        # A back end that refuses logs makes it unready, and must not restart it: that would not help.
        "livenessProbe": http_probe("/", "http", initialDelaySeconds=10, periodSeconds=30),
        "readinessProbe": http_probe("/api/v1/health", "http", periodSeconds=30),
        # Logs are readable by root alone.
        "securityContext": {**unprivileged(), "runAsUser": 0, "runAsGroup": 0},
        "volumeMounts": [
            mount("config", _CONFIG),
            mount("logs", _LOGS),
            mount("state", _STATE, writable=True),
            *([aws_mount()] if in_aws else []),
        ],
    }
