"""Where metrics can go: what the collectors are told of each, which keys that takes, and whom they call."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from tripod.addons.metrics.spec import DatadogSpec, MetricsSpec, RemoteWriteSpec
from tripod.addons.telemetry.common import to_host
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.database.spec import SecretSourceSpec
from tripod.security.ports import HTTP, HTTPS

_RETRY = {"enabled": True, "initial_interval": "5s", "max_interval": "1m", "max_elapsed_time": "30m"}


@dataclass(frozen=True)
class MetricBackend:
    """A place for metrics.

    Attributes:
        name: the exporter's name in the collectors' configuration.
        exporter: the exporter; keys only as variables, ``${env:NAME}``.
        extensions: what it logs in by.
        keys: variable → where its value comes from.
        calls: whom it calls: rules of a network policy.
        policy: makes what it may do in AWS, where it calls that.
    """

    name: str
    exporter: Mapping[str, Any]
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keys: Mapping[str, SecretSourceSpec] = field(default_factory=dict[str, SecretSourceSpec])
    calls: tuple[dict[str, Any], ...] = ()
    policy: Callable[..., Document] | None = None


def metric_backends(spec: MetricsSpec) -> tuple[MetricBackend, ...]:
    """What was chosen: none, one or two."""
    return tuple(_chosen(spec))


def _chosen(spec: MetricsSpec) -> Iterator[MetricBackend]:
    if spec.remote_write:
        yield _remote_write(spec.remote_write)
    if spec.datadog:
        yield _datadog(spec.datadog)


def _remote_write(told: RemoteWriteSpec) -> MetricBackend:
    address = urlsplit(told.url)
    port = address.port or (HTTP if address.scheme == "http" else HTTPS)
    extensions, keys = _login(told)
    login = {"auth": {"authenticator": next(iter(extensions))}} if extensions else {}
    return MetricBackend(
        name="prometheusremotewrite",
        exporter={
            "endpoint": told.url,
            **login,
            # Names stay as those who measure have them, and as the alert rules know them.
            "add_metric_suffixes": False,
            "target_info": {"enabled": False},
            "remote_write_queue": {"enabled": True, "queue_size": 10000, "num_consumers": 5},
            "retry_on_failure": _RETRY,
        },
        extensions=extensions,
        keys=keys,
        calls=(to_host(address.hostname or "", port),),
        policy=partial(workspace_policy, told.workspace_arn) if told.workspace_arn else None,
    )


def _login(told: RemoteWriteSpec) -> tuple[dict[str, Any], dict[str, SecretSourceSpec]]:
    """How it logs in, and which keys that takes."""
    if told.workspace_arn:
        return {"sigv4auth": {"region": told.workspace_arn.split(":")[3], "service": "aps"}}, {}
    if told.token:
        return {"bearertokenauth": {"token": "${env:REMOTE_WRITE_TOKEN}"}}, {"REMOTE_WRITE_TOKEN": told.token}
    if told.user and told.password:
        client = {"username": told.user, "password": "${env:REMOTE_WRITE_PASSWORD}"}
        return {"basicauth": {"client_auth": client}}, {"REMOTE_WRITE_PASSWORD": told.password}
    return {}, {}


def workspace_policy(arn: str, **cluster: str) -> Document:
    """What writes metrics may do in a workspace of Amazon Managed Prometheus, whatever the cluster."""
    del cluster
    return policy_document(Statement("WriteMetrics", ("aps:RemoteWrite",), (arn,)))


def _datadog(told: DatadogSpec) -> MetricBackend:
    return MetricBackend(
        name="datadog",
        exporter={
            "api": {"site": told.site, "key": "${env:DATADOG_API_KEY}"},
            "hostname": "${env:NODE_NAME}",
            "retry_on_failure": _RETRY,
        },
        keys={"DATADOG_API_KEY": told.api_key},
        calls=(to_host(f"api.{told.site}", HTTPS),),
    )
