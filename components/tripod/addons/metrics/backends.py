"""Metric back ends: the collectors' exporter, secrets, egress rules and IAM policy of each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from tripod.addons.framework.objects import JsonObject
from tripod.addons.metrics.spec import DatadogSpec, MetricsSpec, RemoteWriteSpec
from tripod.addons.telemetry.common import to_host
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.database.spec import SecretSourceSpec
from tripod.security.ports import HTTP, HTTPS

_RETRY = {"enabled": True, "initial_interval": "5s", "max_interval": "1m", "max_elapsed_time": "30m"}


@dataclass(frozen=True)
class MetricBackend:
    """A metric back end.

    Attributes:
        name: the exporter's name in the collectors' configuration.
        exporter: the exporter; keys only as variables, ``${env:NAME}``.
        extensions: its authentication extensions.
        keys: variable → the source of its value.
        egress: its egress rules.
        policy: returns its IAM policy; None outside AWS.
    """

    name: str
    exporter: Mapping[str, Any]
    extensions: Mapping[str, Any] = field(default_factory=JsonObject)
    keys: Mapping[str, SecretSourceSpec] = field(default_factory=dict[str, SecretSourceSpec])
    egress: tuple[JsonObject, ...] = ()
    policy: Callable[..., Document] | None = None


def metric_backends(spec: MetricsSpec) -> tuple[MetricBackend, ...]:
    """The metric back ends of the settings: none, one or two."""
    return tuple(_configured_backends(spec))


def _configured_backends(spec: MetricsSpec) -> Iterator[MetricBackend]:
    if spec.remote_write:
        yield _remote_write(spec.remote_write)
    if spec.datadog:
        yield _datadog(spec.datadog)


def _remote_write(settings: RemoteWriteSpec) -> MetricBackend:
    address = urlsplit(settings.url)
    port = address.port or (HTTP if address.scheme == "http" else HTTPS)
    extensions, keys = _login(settings)
    login = {"auth": {"authenticator": next(iter(extensions))}} if extensions else {}
    return MetricBackend(
        name="prometheusremotewrite",
        exporter={
            "endpoint": settings.url,
            **login,
            # Alert rules use the exporters' metric names: no suffix may be added.
            "add_metric_suffixes": False,
            "target_info": {"enabled": False},
            "remote_write_queue": {"enabled": True, "queue_size": 10000, "num_consumers": 5},
            "retry_on_failure": _RETRY,
        },
        extensions=extensions,
        keys=keys,
        egress=(to_host(address.hostname or "", port),),
        policy=partial(workspace_policy, settings.workspace_arn) if settings.workspace_arn else None,
    )


def _login(settings: RemoteWriteSpec) -> tuple[JsonObject, dict[str, SecretSourceSpec]]:
    """Its authentication extension and secrets."""
    if settings.workspace_arn:
        return {"sigv4auth": {"region": settings.workspace_arn.split(":")[3], "service": "aps"}}, {}
    if settings.token:
        return {"bearertokenauth": {"token": "${env:REMOTE_WRITE_TOKEN}"}}, {"REMOTE_WRITE_TOKEN": settings.token}
    if settings.user and settings.password:
        client = {"username": settings.user, "password": "${env:REMOTE_WRITE_PASSWORD}"}
        return {"basicauth": {"client_auth": client}}, {"REMOTE_WRITE_PASSWORD": settings.password}
    return {}, {}


def workspace_policy(arn: str, **cluster: str) -> Document:
    """IAM policy of the metrics writer in a workspace of Amazon Managed Prometheus, for any cluster."""
    del cluster
    return policy_document(Statement("WriteMetrics", ("aps:RemoteWrite",), (arn,)))


def _datadog(settings: DatadogSpec) -> MetricBackend:
    return MetricBackend(
        name="datadog",
        exporter={
            "api": {"site": settings.site, "key": "${env:DATADOG_API_KEY}"},
            "hostname": "${env:NODE_NAME}",
            "retry_on_failure": _RETRY,
        },
        keys={"DATADOG_API_KEY": settings.api_key},
        egress=(to_host(f"api.{settings.site}", HTTPS),),
    )
