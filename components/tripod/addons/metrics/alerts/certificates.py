"""Alerts on certificates that were not renewed."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import DAY, Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import API_SERVER, KUBE_STATE_METRICS, KUBELET

SERVING = "tlscheck_time_left_seconds"
"""Metric of the collector: seconds until the serving certificate of `endpoint` expires."""

_LATE = "It should have been renewed long before: its renewal fails."


def certificate_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on certificates that expire soon.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    left = thresholds.certificate_days * DAY
    kubelet = series.of(KUBELET)
    remaining = " or ".join(
        f'label_replace({kubelet(f"kubelet_certificate_manager_{use}_ttl_seconds")}, "use", "{use}", "", "")'
        for use in ("client", "server")
    )
    yield Alert(
        "KubeletCertificateExpires",
        f"min by (node, use) ({remaining}) < {left}",
        "critical",
        "the {{ $labels.use }} certificate of the kubelet on {{ $labels.node }} expires in "
        "{{ $value | humanizeDuration }}",
        f"{_LATE} A node with an expired certificate is lost to the cluster.",
        "`kubectl get csr`: is its request pending? The approver's log on the control plane has the reason.",
    )
    yield _denied_alert(series)
    yield Alert(
        "ServingCertificateExpires",
        f"min by (endpoint) ({series(SERVING)}) < {left}",
        "critical",
        "the certificate of {{ $labels.endpoint }} expires in {{ $value | humanizeDuration }}",
        f"{_LATE} When an API server's or a member's expires, clients refuse its connections.",
        "`systemctl status tripod-renew.timer` on the instance; `tripod rotate STACK certificates` renews now.",
    )
    used = series.of(API_SERVER)("apiserver_client_certificate_expiration_seconds_bucket")
    yield Alert(
        "ClientCertificateExpires",
        f"histogram_quantile(0.01, sum by (le) (rate({used}[15m]))) < {left}",
        "info",
        "a client uses the API with a certificate that expires in {{ $value | humanizeDuration }}",
        "The API servers do not name its owner; a certificate that is short-lived by design is harmless.",
        "If no other alert names it, it belongs to a person or a pipeline: look for kubeconfigs with a certificate.",
        hold="15m",
    )
    yield from _cert_manager_alerts(series, left)


def _denied_alert(series: Series) -> Alert:
    """Alert on requests for a node's first certificate that were denied. A denied request stays for an hour.

    Metric and labels: internal/store/certificatesigningrequest.go of kube-state-metrics.
    """
    denied = 'condition="denied",signer_name="kubernetes.io/kube-apiserver-client-kubelet"'
    requests = series.of(KUBE_STATE_METRICS)("kube_certificatesigningrequest_condition", denied)
    return Alert(
        "NodeCertificateDenied",
        f"sum({requests}) > 0",
        "critical",
        "{{ $value }} requests for the first certificate of a node were denied",
        "Two public keys were requested for one instance, or a request was not a worker's: somebody may hold the "
        "join token.",
        "`kubectl describe csr` names the instance and the reason. Terminate the instance: its group launches another. "
        "If one of two keys was not the instance's own, `tripod rotate STACK join-token --yes`; see 'Rotating keys and "
        "certificates' in docs/operations.md.",
    )


def _cert_manager_alerts(series: Series, left: int) -> Iterator[Alert]:
    """Alerts on certificates of cert-manager."""
    expires = series("certmanager_certificate_expiration_timestamp_seconds")
    yield Alert(
        "CertificateExpires",
        f"min by (exported_namespace, name) ({expires}) - time() < {left}",
        "critical",
        "the certificate {{ $labels.exported_namespace }}/{{ $labels.name }} expires in "
        "{{ $value | humanizeDuration }}",
        f"{_LATE} Browsers refuse the site when it has expired.",
        "`kubectl describe certificate`, then its order and challenge, show what the issuer waits for.",
    )
    not_ready = series("certmanager_certificate_ready_status", 'condition!="True"')
    yield Alert(
        "CertificateNotReady",
        f"max by (exported_namespace, name) ({not_ready}) == 1",
        "warning",
        "the certificate {{ $labels.exported_namespace }}/{{ $labels.name }} is not ready",
        "A site has no certificate, or one that is not for its names.",
        "`kubectl describe certificate`, then its order and challenge, show what the issuer waits for.",
        hold="1h",
    )
