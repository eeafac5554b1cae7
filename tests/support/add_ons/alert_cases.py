"""Cases of each alert: metrics with which it fires and with which it does not, as input of promtool."""

from dataclasses import dataclass

CLUSTER = "example"


def series(metric: str, job: str | None = None, **labels: str) -> str:
    """A series of the cluster's."""
    known = {"cluster": CLUSTER, **({"job": job} if job else {}), **labels}
    written = ",".join(f'{name}="{value}"' for name, value in known.items())
    return f"{metric}{{{written}}}"


@dataclass(frozen=True)
class Case:
    """A case of one alert.

    Attributes:
        alert: its name.
        fires: series → values, with which it fires.
        quiet: likewise, with which it does not.
        labels: the labels that name the faulty object.
        minutes: minutes after which it is evaluated.
    """

    alert: str
    fires: dict[str, str]
    quiet: dict[str, str]
    labels: dict[str, str]
    minutes: int = 30


KSM, KUBELET, EXPORTER, ETCD, API = "kube-state-metrics", "kubelet", "node-exporter", "etcd", "apiserver"
POD = {"namespace": "shop", "pod": "cart-0", "container": "cart"}
_POD = {"namespace": "shop", "pod": "cart-0"}
_MEMBER = {"instance": "10.0.0.1:2381"}
_RESTARTS = series("kube_pod_container_status_restarts_total", KSM, **POD)
_KILLED = series("kube_pod_container_status_last_terminated_reason", KSM, **POD, reason="OOMKilled")
_PENDING = series("kube_pod_status_phase", KSM, **_POD, phase="Pending")


def _compared(alert: str, job: str, labels: dict[str, str], values: dict[str, tuple[int, int]]) -> Case:
    """A case of an alert that compares metrics: metric → the values with which it fires and with which it does not."""
    fires, quiet = (
        {series(metric, job, **labels): f"{pair[side]}x60" for metric, pair in values.items()} for side in (0, 1)
    )
    return Case(alert, fires, quiet, {**labels, "job": job})


PODS = [
    Case("ContainerRestarts", {_RESTARTS: "0x10 1x10 2x5 3x20"}, {_RESTARTS: "0x10 1x10 2x25"}, POD),
    Case(
        "ContainerOutOfMemory",
        {_RESTARTS: "0x20 1x20", _KILLED: "1x40"},
        {_RESTARTS: "0x20 1x20", _KILLED: "0x40"},
        POD,
    ),
    Case("PodNotRunning", {_PENDING: "1x60"}, {_PENDING: "1x10 0x50"}, _POD),
    _compared(
        "DaemonSetIncomplete",
        KSM,
        {"namespace": "monitoring", "daemonset": "node-exporter"},
        {
            "kube_daemonset_status_number_available": (5, 6),
            "kube_daemonset_status_desired_number_scheduled": (6, 6),
        },
    ),
    _compared(
        "DeploymentIncomplete",
        KSM,
        {"namespace": "shop", "deployment": "cart"},
        {"kube_deployment_status_replicas_available": (1, 2), "kube_deployment_spec_replicas": (2, 2)},
    ),
    _compared(
        "VolumeAlmostFull",
        KUBELET,
        {"namespace": "shop", "persistentvolumeclaim": "orders"},
        {"kubelet_volume_stats_available_bytes": (9, 10), "kubelet_volume_stats_capacity_bytes": (100, 100)},
    ),
]

_READY = series("kube_node_status_condition", KSM, node="n1", condition="Ready", status="true")
_OOM = series("node_vmstat_oom_kill", EXPORTER, node="n1")
_AGE = series("kube_namespace_created", KSM, namespace="kube-system")
_NODE = series("kube_node_created", KSM, node="n2")
_ROLE = series("kube_node_role", KSM, node="n2", role="control-plane")
_STAYS, _GOES = (series("kube_node_info", KSM, node=node) for node in ("n2", "n1"))
"""Time starts at 0: objects created before have a negative one."""

NODES = [
    Case(
        "NodeNotReady",
        {_READY: "1x10 0x50"},
        {_READY: "1x10 0x3 1x40"},
        {"node": "n1", "condition": "Ready", "status": "true", "job": KSM},
    ),
    Case("NodeOutOfMemory", {_OOM: "4x20 5x20"}, {_OOM: "4x40"}, {"node": "n1"}),
    _compared(
        "NodeDiskAlmostFull",
        EXPORTER,
        {"node": "n1", "mountpoint": "/"},
        {"node_filesystem_avail_bytes": (1, 5), "node_filesystem_size_bytes": (20, 20)},
    ),
    Case(
        "ControlPlaneNodeReplaced",
        {_AGE: "-90000x40", _NODE: "1200x40", _ROLE: "1x40"},
        {_AGE: "0x40", _NODE: "1200x40", _ROLE: "1x40"},  # the cluster itself is new
        {"node": "n2", "job": KSM},
    ),
    Case(
        "WorkerReplaced",
        {_AGE: "-90000x99", _NODE: "4800x99", _STAYS: "_x80 1x20", _GOES: "1x60 _x40"},
        {_AGE: "-90000x99", _NODE: "4800x99", _STAYS: "_x80 1x20", _GOES: "1x99"},  # the group has grown
        {"node": "n2", "job": KSM},
        90,
    ),
]

_UP = {number: series("up", ETCD, instance=f"10.0.0.{number}:2381") for number in (1, 2, 3)}
_LEADER = series("etcd_server_has_leader", ETCD, **_MEMBER)
_CHANGES = series("etcd_server_leader_changes_seen_total", ETCD, **_MEMBER)
_STARTED = series("process_start_time_seconds", ETCD, **_MEMBER)
_AGE_CHECK = {"namespace": "monitoring", "cronjob": "etcd-backup-age"}
_BACKUP = series("kube_cronjob_status_last_successful_time", KSM, **_AGE_CHECK)


def _slow(metric: str, below: str, above: str) -> tuple[dict[str, str], ...]:
    """A histogram of 100 writes a minute: two of them slow, then none."""
    names = [series(f"{metric}_bucket", ETCD, **_MEMBER, le=le) for le in (below, above, "+Inf")]
    return tuple(dict(zip(names, (f"0+{fast}x60", "0+100x60", "0+100x60"), strict=True)) for fast in (98, 100))


ETCD_CASES = [
    Case("EtcdNoLeader", {_LEADER: "1x10 0x30"}, {_LEADER: "1x29 0x1 1x9"}, {**_MEMBER, "job": ETCD}),
    Case("EtcdMemberDown", {_UP[1]: "1x10 0x30"}, {_UP[1]: "1x28 0x2 1x9"}, {**_MEMBER, "job": ETCD}),
    Case(
        "EtcdQuorumLost",
        {_UP[1]: "1x40", _UP[2]: "1x10 0x30", _UP[3]: "1x10 0x30"},
        {_UP[1]: "1x40", _UP[2]: "1x40", _UP[3]: "1x10 0x30"},
        {},
    ),
    Case("EtcdNotObserved", {_UP[1]: "1x10"}, {_UP[1]: "0x40"}, {"job": ETCD}),
    Case("EtcdSlowFsync", *_slow("etcd_disk_wal_fsync_duration_seconds", "0.008", "0.016"), labels=_MEMBER),
    Case("EtcdSlowCommit", *_slow("etcd_disk_backend_commit_duration_seconds", "0.016", "0.064"), labels=_MEMBER),
    _compared(
        "EtcdDatabaseAlmostFull",
        ETCD,
        _MEMBER,
        {"etcd_mvcc_db_total_size_in_bytes": (81, 80), "etcd_server_quota_backend_bytes": (100, 100)},
    ),
    Case("EtcdLeaderChanges", {_CHANGES: "1x10 2x5 3x5 4x5 5x30"}, {_CHANGES: "1x10 2x5 3x5 4x30"}, {}),
    Case(
        "EtcdMemberReplaced",
        {_AGE: "-90000x40", _STARTED: "1200x40"},
        {_AGE: "-90000x40", _STARTED: "-3600x40"},
        {**_MEMBER, "job": ETCD},
    ),
    Case("EtcdBackupTooOld", {_BACKUP: "-5400x50"}, {_BACKUP: "-3600x50"}, {}, 40),
    Case("EtcdBackupTooOld", {}, {_BACKUP: "0x50"}, {"job": KSM, **_AGE_CHECK}, 40),
]

_API = {"instance": "10.0.1.1:6443"}
_API_UP = series("up", API, **_API)
_FINE, _FAILED = (series("apiserver_request_total", API, **_API, code=code) for code in ("200", "503"))
_FAST, _ALL = (
    series("apiserver_request_duration_seconds_bucket", API, **_API, verb="GET", le=le) for le in ("1", "+Inf")
)
_SLOWER = series("apiserver_request_duration_seconds_bucket", API, **_API, verb="GET", le="2")
_WATCHED = [series("apiserver_request_duration_seconds_bucket", API, verb="WATCH", le=le) for le in ("1", "2", "+Inf")]
_POD_UP = series("up", "pods", instance="10.1.0.1:8080")
_KSM_UP = series("up", KSM, instance="10.1.0.2:8080")


def _unanswered(name: str, job: str) -> Case:
    up = series("up", job, instance="10.0.1.1:1")
    return Case(name, {up: "1x10 0x40"}, {up: "1x50"}, {})


CONTROL_PLANE = [
    Case("ApiServerDown", {_API_UP: "1x10 0x40"}, {_API_UP: "1x27 0x3 1x10"}, {**_API, "job": API}),
    Case("ApiServersNotObserved", {_API_UP: "1x10"}, {_API_UP: "0x40"}, {"job": API}),
    Case("ApiServerErrors", {_FINE: "0+98x60", _FAILED: "0+2x60"}, {_FINE: "0+199x60", _FAILED: "0+1x60"}, {}),
    Case(
        "ApiServerSlow",
        {_FAST: "0+98x60", _SLOWER: "0+100x60", _ALL: "0+100x60"},
        dict(zip(_WATCHED, ("0+1x60", "0+100x60", "0+100x60"), strict=True)),  # a watch is meant to last
        {"verb": "GET"},
    ),
    _unanswered("ControllerManagerDown", "kube-controller-manager"),
    _unanswered("SchedulerDown", "kube-scheduler"),
    Case(
        "TargetDown", {_POD_UP: "0x40"}, {_POD_UP: "1x40", _UP[1]: "0x40"}, {"instance": "10.1.0.1:8080", "job": "pods"}
    ),
    Case("StateNotObserved", {_KSM_UP: "0x40"}, {_KSM_UP: "1x40"}, {}),
]

_WEEK, _MONTH = 7 * 86400, 30 * 86400
_SITE = {"exported_namespace": "shop", "name": "shop-tls"}
_KUBELET_TTL, _KUBELET_SERVING = (
    series(f"kubelet_certificate_manager_{use}_ttl_seconds", KUBELET, node="n1") for use in ("client", "server")
)
_DENIED = [
    series("kube_certificatesigningrequest_condition", KSM, signer_name=f"kubernetes.io/{signer}", condition="denied")
    for signer in ("kube-apiserver-client-kubelet", "kubelet-serving")
]
_ENDPOINT = {"endpoint": "10.0.0.1:2379"}
_SERVING = series("tlscheck_time_left_seconds", **_ENDPOINT)
_USED = [
    series("apiserver_client_certificate_expiration_seconds_bucket", API, **_API, le=le)
    for le in ("604800", "2592000", "+Inf")
]
_EXPIRES = series("certmanager_certificate_expiration_timestamp_seconds", "pods", **_SITE)
_NOT_READY = series("certmanager_certificate_ready_status", "pods", **_SITE, condition="False")

CERTIFICATES = [
    Case(
        "KubeletCertificateExpires",
        {_KUBELET_TTL: f"{_MONTH}x60", _KUBELET_SERVING: f"{_WEEK}x60"},
        {_KUBELET_TTL: f"{_MONTH}x60", _KUBELET_SERVING: f"{_MONTH}x60"},
        {"node": "n1", "use": "server"},
    ),
    Case("NodeCertificateDenied", {_DENIED[0]: "0x10 1x50"}, {_DENIED[0]: "0x60", _DENIED[1]: "1x60"}, {}),
    Case("ServingCertificateExpires", {_SERVING: f"{_WEEK}x60"}, {_SERVING: f"{_MONTH}x60"}, _ENDPOINT),
    Case(
        "ClientCertificateExpires",
        dict(zip(_USED, ("0+2x60", "0+2x60", "0+100x60"), strict=True)),
        dict(zip(_USED, ("0+0x60", "0+0x60", "0+100x60"), strict=True)),
        {},
        50,
    ),
    Case("CertificateExpires", {_EXPIRES: f"{_WEEK}x60"}, {_EXPIRES: f"{_MONTH}x60"}, _SITE),
    Case("CertificateNotReady", {_NOT_READY: "1x100"}, {_NOT_READY: "1x50 0x50"}, _SITE, 90),
]

_ORDERS = {"dimension_DBInstanceIdentifier": "orders"}
_CPU, _FREE, _CONNECTIONS = (
    series(f"aws_rds_{metric}", "cloudwatch", **_ORDERS)
    for metric in ("cpuutilization_average", "free_storage_space_average", "database_connections_maximum")
)
_BALANCER = {"dimension_LoadBalancer": "net/api/1", "dimension_TargetGroup": "targetgroup/api/2"}
_HEALTHY = [
    series("aws_networkelb_healthy_host_count_maximum", "cloudwatch", **_BALANCER, dimension_AvailabilityZone=zone)
    for zone in ("a", "b")
]

AWS = [
    Case("DatabaseSilent", {_CPU: "5x60 _x100"}, {_CPU: "5x160"}, _ORDERS, 90),
    Case("DatabaseBusy", {_CPU: "91x60"}, {_CPU: "90x60"}, _ORDERS),
    Case("DatabaseStorageLow", {_FREE: f"{4 * 1024**3}x60"}, {_FREE: f"{6 * 1024**3}x60"}, _ORDERS),
    Case("DatabaseConnections", {_CONNECTIONS: "81x60"}, {_CONNECTIONS: "80x60"}, _ORDERS),
    Case(
        "LoadBalancerWithoutTargets",
        {_HEALTHY[0]: "0x60", _HEALTHY[1]: "0x60"},
        {_HEALTHY[0]: "0x60", _HEALTHY[1]: "1x60"},
        _BALANCER,
    ),
]

CASES = [*PODS, *NODES, *ETCD_CASES, *CONTROL_PLANE, *CERTIFICATES, *AWS]
