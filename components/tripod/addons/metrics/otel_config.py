"""Configuration of the OpenTelemetry collector: receivers, processors and exporters."""

from collections.abc import Sequence

from tripod.addons.framework.objects import JsonObject
from tripod.addons.metrics.alerts.certificates import SERVING
from tripod.addons.metrics.backends import MetricBackend
from tripod.addons.metrics.scrapes import Scrape

HEALTH_PORT = 13133


def otel_config(
    cluster: str,
    scrapes: Sequence[Scrape],
    certificates: Sequence[str],
    backends: Sequence[MetricBackend],
    interval_seconds: int,
) -> JsonObject:
    """A collector's configuration.

    Args:
        cluster: the cluster's name, a label of all metrics.
        scrapes: its scrape jobs.
        certificates: host:port of endpoints whose serving certificate is checked.
        backends: the metric back ends; one or more.
        interval_seconds: seconds between two scrapes.
    """
    exporters = [backend.name for backend in backends]
    extensions = {name: settings for backend in backends for name, settings in backend.extensions.items()}
    pipelines: JsonObject = {"metrics": _pipeline("prometheus", [], exporters)}
    receivers: JsonObject = {"prometheus": {"config": prometheus_config(scrapes, interval_seconds)}}
    processors: JsonObject = {
        "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
        "batch": {"timeout": "5s", "send_batch_size": 4096, "send_batch_max_size": 8192},
    }
    if certificates:
        targets = [{"endpoint": endpoint} for endpoint in certificates]
        # Well below the five minutes after which a series counts as gone.
        receivers["tlscheck"] = {"collection_interval": "2m", "targets": targets}
        processors["transform"] = _certificate_labels(cluster)
        pipelines["metrics/certificates"] = _pipeline("tlscheck", ["transform"], exporters)
    return {
        "extensions": {"health_check": {"endpoint": f"${{env:POD_IP}}:{HEALTH_PORT}"}, **extensions},
        "receivers": receivers,
        "processors": processors,
        "exporters": {backend.name: dict(backend.exporter) for backend in backends},
        "service": {
            "extensions": ["health_check", *extensions],
            "telemetry": {"logs": {"level": "info"}, "metrics": {"level": "none"}},
            "pipelines": pipelines,
        },
    }


def prometheus_config(scrapes: Sequence[Scrape], interval_seconds: int) -> JsonObject:
    """Configuration of the Prometheus receiver.

    Args:
        scrapes: its scrape jobs.
        interval_seconds: seconds between two scrapes.
    """
    return {
        "global": {"scrape_interval": f"{interval_seconds}s", "scrape_timeout": "10s"},
        "scrape_configs": [dict(scrape) for scrape in scrapes],
    }


def _pipeline(receiver: str, processors: list[str], exporters: list[str]) -> JsonObject:
    return {
        "receivers": [receiver],
        "processors": ["memory_limiter", *processors, "batch"],
        "exporters": exporters,
    }


def _certificate_labels(cluster: str) -> JsonObject:
    """The processor that gives certificate metrics the name and labels of the alert rules."""
    return {
        "error_mode": "ignore",
        "metric_statements": [
            {
                "context": "datapoint",
                "statements": [
                    f'set(metric.name, "{SERVING}")',
                    'set(attributes["endpoint"], resource.attributes["tlscheck.target"])',
                    f'set(attributes["cluster"], "{cluster}")',
                    'delete_key(attributes, "tlscheck.x509.san")',
                ],
            }
        ],
    }
