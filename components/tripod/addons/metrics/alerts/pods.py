"""Alerts on pods, workloads and volumes."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import KUBE_STATE_METRICS, KUBELET

_CONTAINER = "namespace, pod, container"


def pod_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on pods.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    state = series.of(KUBE_STATE_METRICS)
    restarts = f"sum by ({_CONTAINER}) (increase({state('kube_pod_container_status_restarts_total')}[1d]))"
    killed = state("kube_pod_container_status_last_terminated_reason", 'reason="OOMKilled"')
    yield Alert(
        "ContainerRestarts",
        f"{restarts} >= {thresholds.restarts_per_day}",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.pod }}: {{ $labels.container }} was restarted "
        "{{ $value | humanize }} times within a day",
        "It restarts by itself, so it goes unnoticed, but work in progress is lost each time.",
        "Read `kubectl logs --previous` and the events of the pod; look at its memory limit and liveness probe.",
    )
    yield Alert(
        "ContainerOutOfMemory",
        f"{restarts} >= {thresholds.out_of_memory_per_day} and on ({_CONTAINER}) max by ({_CONTAINER}) ({killed}) == 1",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.pod }}: {{ $labels.container }} was killed, its memory was used up",
        "A container that needs more than its limit is killed in the middle of its work.",
        "Raise its memory limit, or find what grows: `kubectl top pod --containers`.",
    )
    yield Alert(
        "PodNotRunning",
        f"sum by (namespace, pod) ({state('kube_pod_status_phase', _NOT_RUNNING)}) > 0",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.pod }} does not run",
        "A pod waits for a node, an image or a volume, or its node is gone.",
        "`kubectl describe pod` shows what it waits for.",
        hold="15m",
    )
    yield from _incomplete(state)
    yield _volume(series.of(KUBELET), thresholds)


_NOT_RUNNING = 'phase=~"Pending|Unknown"'


def _incomplete(state: Series) -> Iterator[Alert]:
    """Alerts on workloads with fewer pods than they should have."""
    available = state("kube_daemonset_status_number_available")
    yield Alert(
        "DaemonSetIncomplete",
        f"{available} < {state('kube_daemonset_status_desired_number_scheduled')}",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.daemonset }} is ready on {{ $value }} nodes only",
        "A node lacks what each needs: its network, its logs or its metrics.",
        "`kubectl rollout status daemonset`, then describe the pod that is not ready.",
        hold="15m",
    )
    yield Alert(
        "DeploymentIncomplete",
        f"{state('kube_deployment_status_replicas_available')} < {state('kube_deployment_spec_replicas')}",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.deployment }} has {{ $value }} replicas ready, fewer than it should",
        "The next loss of a node or zone may take it away altogether.",
        "`kubectl rollout status deployment`; a new image that does not start leaves the old pods as they are.",
        hold="15m",
    )


def _volume(kubelet: Series, thresholds: AlertsSpec) -> Alert:
    free, size = kubelet("kubelet_volume_stats_available_bytes"), kubelet("kubelet_volume_stats_capacity_bytes")
    return Alert(
        "VolumeAlmostFull",
        f"100 * {free} / {size} < {thresholds.volume_free_percent}",
        "warning",
        "{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }} has {{ $value | humanize }} % left",
        "Programs that write to a full volume stop, and may not start again.",
        "Raise the claim's size: volumes of the default class grow while they are in use.",
        hold="10m",
    )
