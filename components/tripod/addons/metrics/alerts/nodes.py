"""Alerts on nodes."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import KUBE_STATE_METRICS, NODE_EXPORTER

_REPLACED = "Self-healing hides causes: one replaced instance is chance, several are a pattern."
_HISTORY = "Look at the activity history of its auto-scaling group, which has the reason, and compare it with others."


def node_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on nodes.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    state, exporter = series.of(KUBE_STATE_METRICS), series.of(NODE_EXPORTER)
    yield Alert(
        "NodeNotReady",
        f"{state('kube_node_status_condition', _READY)} == 0",
        "critical",
        "{{ $labels.node }} is not ready",
        "Its pods are started elsewhere after five minutes; its volumes follow.",
        "If it stays so, terminate its instance: its group starts another.",
        hold=f"{thresholds.not_ready_minutes}m",
    )
    yield Alert(
        "NodeOutOfMemory",
        f"sum by (node) (increase({exporter('node_vmstat_oom_kill')}[1d])) >= {thresholds.out_of_memory_per_day}",
        "warning",
        "{{ $labels.node }} has killed {{ $value | humanize }} processes within a day, its memory was used up",
        "The kernel killed a process, of a container that was not restarted or of the node itself.",
        "`journalctl -k` on the node names it. Compare requests with what is used: `kubectl top node`.",
    )
    free, size = exporter("node_filesystem_avail_bytes", _ROOT), exporter("node_filesystem_size_bytes", _ROOT)
    yield Alert(
        "NodeDiskAlmostFull",
        f"100 * {free} / {size} < {thresholds.volume_free_percent}",
        "warning",
        "{{ $labels.node }} has {{ $value | humanize }} % of its disk left",
        "The kubelet removes images and evicts pods when a disk is full.",
        "Raise `rootVolume.sizeGib` of its group, and roll it.",
        hold="10m",
    )
    yield from _replaced(state, thresholds)


_READY = 'condition="Ready",status="true"'
_ROOT = 'mountpoint="/"'


def _replaced(state: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on new nodes, in a cluster that is not itself new."""
    seconds = thresholds.replaced_hours * 3600
    cluster_age = f"time() - {state('kube_namespace_created', _OLDEST)}"
    established = f"and on () ({cluster_age} > {2 * seconds})"
    new = f"(time() - {state('kube_node_created')} < {seconds})"
    control_plane = f"on (node) {state('kube_node_role', _CONTROL_PLANE)}"
    yield Alert(
        "ControlPlaneNodeReplaced",
        f"{new} and {control_plane} {established}",
        "info",
        "{{ $labels.node }} joined the control plane {{ $value | humanizeDuration }} ago",
        f"An instance was replaced, by its group or by hand. {_REPLACED}",
        _HISTORY,
    )
    gone = f"({state('kube_node_info')} offset {thresholds.replaced_hours}h unless on (node) {state('kube_node_info')})"
    yield Alert(
        "WorkerReplaced",
        f"{new} unless {control_plane} and on () (count({gone}) > 0) {established}",
        "info",
        "{{ $labels.node }} joined {{ $value | humanizeDuration }} ago, while another node left",
        f"A worker was replaced, or the autoscaler exchanged one. {_REPLACED}",
        _HISTORY,
    )


_OLDEST = 'namespace="kube-system"'
_CONTROL_PLANE = 'role="control-plane"'
