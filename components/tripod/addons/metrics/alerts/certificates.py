"""Alerts about certificates that nobody has renewed."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import DAY, Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import API_SERVER, KUBELET

SERVING = "tlscheck_time_left_seconds"
"""Seconds until a certificate expires that an endpoint shows (`endpoint`): the collector looks at it by itself."""

_LATE = "It should have been renewed long before: what renews it does not."


def certificate_alerts(series: Series, when: AlertsSpec) -> Iterator[Alert]:
    """Which certificates expire soon.

    Args:
        series: the cluster's metrics.
        when: thresholds.
    """
    left = when.certificate_days * DAY
    kubelet = series.of(KUBELET)
    of_kubelets = " or ".join(
        f'label_replace({kubelet(f"kubelet_certificate_manager_{use}_ttl_seconds")}, "use", "{use}", "", "")'
        for use in ("client", "server")
    )
    yield Alert(
        "KubeletCertificateExpires",
        f"min by (node, use) ({of_kubelets}) < {left}",
        "critical",
        "the {{ $labels.use }} certificate of the kubelet on {{ $labels.node }} expires in "
        "{{ $value | humanizeDuration }}",
        f"{_LATE} A node whose certificate has expired is lost to the cluster.",
        "`kubectl get csr`: is its request pending? The approver's log on the control plane says why.",
    )
    yield Alert(
        "ServingCertificateExpires",
        f"min by (endpoint) ({series(SERVING)}) < {left}",
        "critical",
        "the certificate of {{ $labels.endpoint }} expires in {{ $value | humanizeDuration }}",
        f"{_LATE} When an API server's or a member's expires, nothing trusts it any more.",
        "`systemctl status tripod-renew.timer` on the instance; `tripod rotate STACK certificates` renews now.",
    )
    used = series.of(API_SERVER)("apiserver_client_certificate_expiration_seconds_bucket")
    yield Alert(
        "ClientCertificateExpires",
        f"histogram_quantile(0.01, sum by (le) (rate({used}[15m]))) < {left}",
        "info",
        "somebody uses the API with a certificate that expires in {{ $value | humanizeDuration }}",
        "The API servers do not say whose it is; a certificate that is meant to be short-lived is no harm.",
        "If no other alert names it, it belongs to a person or a pipeline: look for kubeconfigs with a certificate.",
        hold="15m",
    )
    yield from _issued(series, left)


def _issued(series: Series, left: int) -> Iterator[Alert]:
    """Certificates of cert-manager."""
    expires = series("certmanager_certificate_expiration_timestamp_seconds")
    yield Alert(
        "CertificateExpires",
        f"min by (exported_namespace, name) ({expires}) - time() < {left}",
        "critical",
        "the certificate {{ $labels.exported_namespace }}/{{ $labels.name }} expires in "
        "{{ $value | humanizeDuration }}",
        f"{_LATE} Browsers refuse the site when it has expired.",
        "`kubectl describe certificate`, then its order and challenge, say what the authority waits for.",
    )
    not_ready = series("certmanager_certificate_ready_status", 'condition!="True"')
    yield Alert(
        "CertificateNotReady",
        f"max by (exported_namespace, name) ({not_ready}) == 1",
        "warning",
        "the certificate {{ $labels.exported_namespace }}/{{ $labels.name }} is not ready",
        "A site has no certificate, or one that is not for its names.",
        "`kubectl describe certificate`, then its order and challenge, say what the authority waits for.",
        hold="1h",
    )
