"""Scrape jobs as configuration of Prometheus; each collector has some of them."""

from collections.abc import Mapping
from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.telemetry import jobs
from tripod.security.ports import API_SERVER, ETCD_CLIENT, ETCD_METRICS, KUBELET

NODE_EXPORTER_PORT = 9100
STATE_PORT = 8080
CLOUDWATCH_PORT = 5000
CONTROLLER_MANAGER_PORT, SCHEDULER_PORT = 10257, 10259

Scrape = JsonObject

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_NODE_IP, _NODE_NAME = "${env:NODE_IP}", "${env:NODE_NAME}"
_META = "__meta_kubernetes_pod_"
_ANNOTATION = f"{_META}annotation_prometheus_io_"

_CONTAINER_METRICS = (
    "container_cpu_(usage_seconds|cfs_periods|cfs_throttled_periods)_total",
    "container_memory_(working_set_bytes|rss|cache)",
    "container_network_(receive|transmit)_(bytes|packets_dropped)_total",
    "container_fs_(usage|limit)_bytes",
    "container_spec_memory_limit_bytes",
    "container_oom_events_total",
)
"""The series to keep: cadvisor has hundreds for each container."""

_LONG_HISTOGRAMS = (
    "apiserver_(request_sli|request_body_size|response_sizes|watch_events_sizes|admission_.*|storage_.*)_.*_?bucket",
    "etcd_request_duration_seconds_bucket",
    "(workqueue|rest_client|scheduler|controller)_.*_bucket",
)
"""Histograms with thousands of series that no rule reads."""


def _scrape(cluster: ClusterFacts, job: str, targets: list[str], labels: Mapping[str, str], **more: Any) -> Scrape:
    """A job with static targets."""
    return {
        "job_name": job,
        "static_configs": [{"targets": targets, "labels": {"cluster": cluster.cluster_name, **labels}}],
        **more,
    }


def _tls_with_token(*, verify: bool = True) -> JsonObject:
    """Settings of a scrape over TLS with the pod's service-account token."""
    tls = {"ca_file": f"{_ACCOUNT}/ca.crt"} if verify else {"insecure_skip_verify": True}
    return {
        "scheme": "https",
        "tls_config": tls,
        "authorization": {"type": "Bearer", "credentials_file": f"{_ACCOUNT}/token"},
    }


def _filter_metrics(action: str, *names: str) -> JsonObject:
    relabel = {"source_labels": ["__name__"], "regex": "|".join(names), "action": action}
    return {"metric_relabel_configs": [relabel]}


def node_scrapes(cluster: ClusterFacts) -> list[Scrape]:
    """Jobs of every node: its kubelet, node-exporter, and annotated pods on it."""
    node = {"node": _NODE_NAME}
    kubelet = [f"{_NODE_IP}:{KUBELET}"]
    return [
        _scrape(cluster, jobs.KUBELET, kubelet, node, **_tls_with_token()),
        _scrape(
            cluster,
            jobs.CADVISOR,
            kubelet,
            node,
            metrics_path="/metrics/cadvisor",
            **_tls_with_token(),
            **_filter_metrics("keep", *_CONTAINER_METRICS),
        ),
        _scrape(cluster, jobs.NODE_EXPORTER, [f"{_NODE_IP}:{NODE_EXPORTER_PORT}"], node),
        _pods(cluster.cluster_name),
    ]


def _pods(cluster: str) -> Scrape:
    """Pods on the collector's own node that are annotated prometheus.io/scrape, and port, path, scheme."""
    return {
        "job_name": jobs.PODS,
        "kubernetes_sd_configs": [
            {"role": "pod", "selectors": [{"role": "pod", "field": f"spec.nodeName={_NODE_NAME}"}]}
        ],
        "relabel_configs": [
            {"source_labels": [f"{_ANNOTATION}scrape"], "regex": "true", "action": "keep"},
            {"source_labels": [f"{_ANNOTATION}port"], "regex": r"\d+", "action": "keep"},
            {"source_labels": [f"{_META}phase"], "regex": "Pending|Succeeded|Failed", "action": "drop"},
            {"source_labels": [f"{_META}ip", f"{_ANNOTATION}port"], "separator": ":", "target_label": "__address__"},
            {"source_labels": [f"{_ANNOTATION}path"], "regex": "(.+)", "target_label": "__metrics_path__"},
            {"source_labels": [f"{_ANNOTATION}scheme"], "regex": "(https?)", "target_label": "__scheme__"},
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": [f"{_META}name"], "target_label": "pod"},
            {"source_labels": [f"{_META}node_name"], "target_label": "node"},
            {"target_label": "cluster", "replacement": cluster},
        ],
    }


def control_plane_scrapes(cluster: ClusterFacts) -> list[Scrape]:
    """Further jobs of a control-plane node: API server, and controller manager and scheduler on loopback."""
    local = ((jobs.CONTROLLER_MANAGER, CONTROLLER_MANAGER_PORT), (jobs.SCHEDULER, SCHEDULER_PORT))
    return [
        _scrape(
            cluster,
            jobs.API_SERVER,
            [f"{_NODE_IP}:{API_SERVER}"],
            {"node": _NODE_NAME},
            **_tls_with_token(),
            **_filter_metrics("drop", *_LONG_HISTOGRAMS),
        ),
        *(
            _scrape(
                cluster,
                job,
                [f"127.0.0.1:{port}"],
                {"node": _NODE_NAME, "instance": f"{_NODE_NAME}:{port}"},
                # It signs its own certificate at each start, and is this node's own.
                **_tls_with_token(verify=False),
                **_filter_metrics("drop", *_LONG_HISTOGRAMS),
            )
            for job, port in local
        ),
    ]


def cluster_scrapes(cluster: ClusterFacts, *, cloudwatch: bool) -> list[Scrape]:
    """Jobs of the cluster's single targets.

    Args:
        cluster: facts of the cluster.
        cloudwatch: if true, the CloudWatch exporter is scraped.
    """
    state = [f"kube-state-metrics.{jobs.NAMESPACE}.svc:{STATE_PORT}"]
    cloud = [f"cloudwatch-exporter.{jobs.NAMESPACE}.svc:{CLOUDWATCH_PORT}"]
    scrapes = [
        # Its labels of namespaces and pods are those of other objects.
        _scrape(cluster, jobs.KUBE_STATE_METRICS, state, {}, honor_labels=True),
        # It reads CloudWatch every five minutes; an older series counts as stale.
        *([_scrape(cluster, jobs.CLOUDWATCH, cloud, {})] if cloudwatch else []),
    ]
    if cluster.etcd_metrics:
        members = sorted(cluster.etcd_members.items())
        scrapes.append(
            {
                "job_name": jobs.ETCD,
                "static_configs": [
                    {
                        "targets": [f"{address}:{ETCD_METRICS}"],
                        "labels": {"cluster": cluster.cluster_name, "member": name},
                    }
                    for name, address in members
                ],
            }
        )
    return scrapes


def member_endpoints(cluster: ClusterFacts) -> list[str]:
    """Endpoints of the etcd members' serving certificates."""
    return [f"{address}:{ETCD_CLIENT}" for _, address in sorted(cluster.etcd_members.items())]


def api_server_endpoint() -> str:
    """Endpoint of the serving certificate of a control-plane node's own API server."""
    return f"{_NODE_IP}:{API_SERVER}"
