"""Alerts on API servers, controller manager, scheduler, and on missing metrics."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import API_SERVER, CONTROLLER_MANAGER, ETCD, KUBE_STATE_METRICS, SCHEDULER

_SHORT = 'verb!~"WATCH|WATCHLIST|CONNECT",subresource!~"log|exec|attach|portforward|proxy"'
"""Matchers of requests that are short by design: no watches, no streams."""


def control_plane_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on the control plane.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    api = series.of(API_SERVER)
    yield Alert(
        "ApiServerDown",
        f"{api('up')} == 0",
        "critical",
        "the API server on {{ $labels.instance }} does not answer",
        "The others continue; the load balancer sends it no requests.",
        "If it stays so, terminate its instance: its group starts another.",
        hold="5m",
    )
    yield Alert(
        "ApiServersNotObserved",
        f"absent({api('up')})",
        "critical",
        "no API server is scraped",
        "Either no API server answers, or the collector does not run and no alert would fire.",
        "`tripod verify` checks from outside; then `kubectl -n monitoring get pods`.",
        hold="10m",
    )
    yield from _api_quality(api, thresholds)
    for job, component in ((CONTROLLER_MANAGER, "ControllerManager"), (SCHEDULER, "Scheduler")):
        yield Alert(
            f"{component}Down",
            f"absent({series.of(job)('up')} == 1)",
            "critical",
            f"no {job} answers",
            "Pods are neither replaced nor scheduled; running pods continue.",
            "`kubectl -n kube-system get pods` on each control-plane node; its logs are with the others.",
            hold="10m",
        )


def _api_quality(api: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on API servers that answer with errors or slowly."""
    requests = "apiserver_request_total"
    failed, total = (api(requests, matchers) for matchers in ('code=~"5.."', ""))
    yield Alert(
        "ApiServerErrors",
        f"100 * sum(rate({failed}[5m])) / sum(rate({total}[5m])) > {thresholds.api_error_percent}",
        "critical",
        "{{ $value | humanize }} % of the API servers' answers are errors",
        "Deployments, self-healing and scaling fail or are late.",
        "Look at etcd first, then at webhooks: `apiserver_admission_webhook_rejection_count` names the one that fails.",
        hold="10m",
    )
    durations = f"sum by (le, verb) (rate({api('apiserver_request_duration_seconds_bucket', _SHORT)}[5m]))"
    yield Alert(
        "ApiServerSlow",
        f"histogram_quantile(0.99, {durations}) > {thresholds.api_seconds}",
        "warning",
        "the API servers take {{ $value | humanizeDuration }} for {{ $labels.verb }}",
        "Everything that the cluster does takes as long.",
        "Look at EtcdSlowFsync, at the nodes' processors, and at clients that list much: the audit log names them.",
        hold="10m",
    )


def observation_alerts(series: Series) -> Iterator[Alert]:
    """Alerts on missing metrics.

    Args:
        series: the cluster's metrics.
    """
    yield Alert(
        "TargetDown",
        f"{series('up', _OTHERS)} == 0",
        "warning",
        "{{ $labels.job }} on {{ $labels.instance }} gives no metrics",
        "Alerts on its metrics cannot fire.",
        "Is the pod ready, and does a network policy let the collector in?",
        hold="15m",
    )
    yield Alert(
        "StateNotObserved",
        f"absent({series.of(KUBE_STATE_METRICS)('up')} == 1)",
        "critical",
        "kube-state-metrics gives no metrics",
        "Alerts on nodes, pods, restarts and backups need it, and cannot fire now.",
        "`kubectl -n monitoring describe deployment kube-state-metrics`.",
        hold="10m",
    )


_OTHERS = f'job!~"{ETCD}|{API_SERVER}|{KUBE_STATE_METRICS}"'
