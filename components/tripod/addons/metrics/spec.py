"""Settings of metrics."""

import re
from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import AddOnSpec
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.destinations import host_problems, pair_problems
from tripod.core.patterns import ALPHABETIC_LABEL
from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole
from tripod.database.spec import SecretSourceSpec


class RemoteWriteSpec(Spec):
    """Metrics in a back end with Prometheus' remote write: Mimir, Thanos, Amazon Managed Prometheus."""

    url: str
    """Its address: https://…"""
    user: str | None = None
    """User that writes; by default no basic authentication."""
    password: SecretSourceSpec | None = None
    """That user's password."""
    token: SecretSourceSpec | None = None
    """A bearer token, instead of a user."""
    workspace_arn: str | None = None
    """The workspace's ARN, of Amazon Managed Prometheus: pods then log in with a role of their own."""

    def _rules(self) -> Iterator[Problem]:
        in_cluster = re.fullmatch(r"http://[a-z0-9-]+\.[a-z0-9-]+\.svc(\.[a-z.]+)?(:\d+)?/\S*", self.url)
        if not in_cluster and not re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?/\S*", self.url):
            yield Problem(("url",), repr(self.url), "https://host/path; http:// for a Service", "correct the address")
        yield from pair_problems(self.user, self.password)
        arn = self.workspace_arn
        if arn is not None and not re.fullmatch(r"arn:aws[a-z-]*:aps:[a-z0-9-]+:\d{12}:workspace/ws-[a-z0-9-]+", arn):
            yield Problem(("workspace_arn",), repr(arn), "a workspace's ARN", "copy it from the workspace")
        ways = [way for way in ("user", "token", "workspace_arn") if getattr(self, way) is not None]
        if len(ways) > 1:
            yield Problem((ways[1],), f"a second way to log in, beside {ways[0]}", "one of them", "keep one")


class DatadogSpec(Spec):
    """Metrics in Datadog."""

    site: str = "datadoghq.com"
    """Datadog's site."""
    api_key: SecretSourceSpec
    """The API key."""

    def _rules(self) -> Iterator[Problem]:
        yield from host_problems(self.site, "site")


class MetricsSpec(AddOnSpec):
    """Metrics of nodes, pods, etcd and the control plane, and alerts on them."""

    remote_write: RemoteWriteSpec | None = None
    """Prometheus' remote write; without it, and without datadog, nothing collects metrics."""
    datadog: DatadogSpec | None = None
    """Datadog, instead or beside."""
    interval_seconds: Whole = 30
    """Seconds between two scrapes; CloudWatch is read every five minutes."""
    load_balancers: bool = True
    """If true, target health of the cluster's load balancers is read from CloudWatch."""
    databases: tuple[str, ...] = ()
    """Identifiers of RDS instances in the cluster's account and region whose CloudWatch metrics are read."""
    rules: Literal["configMap", "prometheusRule", "none"] = "configMap"
    """Format of alert rules in the cluster: a file in a ConfigMap, or an object of the Prometheus operator."""
    alerts: AlertsSpec = AlertsSpec()
    """Thresholds of alerts."""

    def _rules(self) -> Iterator[Problem]:
        if not 10 <= self.interval_seconds <= 120:
            yield Problem(("interval_seconds",), str(self.interval_seconds), "10 to 120", "change the interval")
        for position, name in enumerate(self.databases):
            if not re.fullmatch(ALPHABETIC_LABEL, name):
                yield Problem(("databases", position), repr(name), "an instance's identifier", "correct the identifier")
