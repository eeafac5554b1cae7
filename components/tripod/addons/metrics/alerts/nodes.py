"""Alerts about nodes."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import KUBE_STATE_METRICS, NODE_EXPORTER

_SEEN = "Self-healing hides illness: one replaced instance is luck, several are a pattern."
_LOOK = "Look at the activity history of its auto-scaling group, which says why, and compare with earlier ones."


def node_alerts(series: Series, when: AlertsSpec) -> Iterator[Alert]:
    """What happens to nodes.

    Args:
        series: the cluster's metrics.
        when: thresholds.
    """
    state, exporter = series.of(KUBE_STATE_METRICS), series.of(NODE_EXPORTER)
    yield Alert(
        "NodeNotReady",
        f"{state('kube_node_status_condition', _READY)} == 0",
        "critical",
        "{{ $labels.node }} is not ready",
        "Its pods are started elsewhere after five minutes; its volumes follow.",
        "If it stays so, terminate its instance: its group starts another.",
        hold=f"{when.not_ready_minutes}m",
    )
    yield Alert(
        "NodeOutOfMemory",
        f"sum by (node) (increase({exporter('node_vmstat_oom_kill')}[1d])) >= {when.out_of_memory_per_day}",
        "warning",
        "{{ $labels.node }} has killed {{ $value | humanize }} processes within a day, its memory was used up",
        "The kernel killed something, be it in a container that was not restarted, or the node's own.",
        "`journalctl -k` on the node names it. Compare requests with what is used: `kubectl top node`.",
    )
    free, size = exporter("node_filesystem_avail_bytes", _ROOT), exporter("node_filesystem_size_bytes", _ROOT)
    yield Alert(
        "NodeDiskAlmostFull",
        f"100 * {free} / {size} < {when.volume_free_percent}",
        "warning",
        "{{ $labels.node }} has {{ $value | humanize }} % of its disk left",
        "The kubelet removes images and evicts pods when a disk is full.",
        "Raise `rootVolume.sizeGib` of its group, and roll it.",
        hold="10m",
    )
    yield from _replaced(state, when)


_READY = 'condition="Ready",status="true"'
_ROOT = 'mountpoint="/"'


def _replaced(state: Series, when: AlertsSpec) -> Iterator[Alert]:
    """New nodes, in a cluster that is not itself new."""
    seconds = when.replaced_hours * 3600
    cluster_age = f"time() - {state('kube_namespace_created', _OLDEST)}"
    grown_up = f"and on () ({cluster_age} > {2 * seconds})"
    new = f"(time() - {state('kube_node_created')} < {seconds})"
    control_plane = f"on (node) {state('kube_node_role', _CONTROL_PLANE)}"
    yield Alert(
        "ControlPlaneNodeReplaced",
        f"{new} and {control_plane} {grown_up}",
        "info",
        "{{ $labels.node }} joined the control plane {{ $value | humanizeDuration }} ago",
        f"An instance was replaced, by its group or by somebody. {_SEEN}",
        _LOOK,
    )
    gone = f"({state('kube_node_info')} offset {when.replaced_hours}h unless on (node) {state('kube_node_info')})"
    yield Alert(
        "WorkerReplaced",
        f"{new} unless {control_plane} and on () (count({gone}) > 0) {grown_up}",
        "info",
        "{{ $labels.node }} joined {{ $value | humanizeDuration }} ago, while another node left",
        f"A worker was replaced, or the autoscaler exchanged one. {_SEEN}",
        _LOOK,
    )


_OLDEST = 'namespace="kube-system"'
_CONTROL_PLANE = 'role="control-plane"'
