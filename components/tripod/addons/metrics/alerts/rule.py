"""Alert rules, and their rendering as a rule file of Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
"""critical: act now. warning: act today. info: nothing to do, but it may be part of a pattern."""

DAY = 86400
"""A day, in seconds."""


@dataclass(frozen=True)
class Alert:
    """An alert rule.

    Attributes:
        name: its name.
        expr: the condition (PromQL).
        severity: its severity.
        summary: the problem in a line; a template that may name labels and the value.
        meaning: the consequence.
        action: the action to take.
        hold: duration of the condition before the alert fires; at once by default.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    meaning: str
    action: str
    hold: str = "0s"

    def rule(self, cluster: str, runbooks: str) -> dict[str, Any]:
        """The rule as Prometheus reads it.

        Args:
            cluster: the cluster's name.
            runbooks: the address of the page with the actions.
        """
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.hold,
            "labels": {"cluster": cluster, "severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": f"{self.meaning} {self.action}",
                "runbook_url": f"{runbooks}#{self.name.lower()}",
            },
        }


@dataclass(frozen=True)
class AlertGroup:
    """A group of rules, evaluated in one pass.

    Attributes:
        name: its name.
        alerts: the rules.
    """

    name: str
    alerts: tuple[Alert, ...]


@dataclass(frozen=True)
class Series:
    """Metrics of one cluster: several clusters may send to one back end.

    Attributes:
        cluster: the cluster's name.
        labels: further labels of all of them.
    """

    cluster: str
    labels: dict[str, str] = field(default_factory=dict)

    def __call__(self, metric: str, matchers: str = "") -> str:
        """A metric's series.

        Args:
            metric: its name.
            matchers: further matchers, such as ``phase="Pending"``.
        """
        matched = [f'{name}="{value}"' for name, value in {"cluster": self.cluster, **self.labels}.items()]
        return f"{metric}{{{','.join([*matched, *([matchers] if matchers else [])])}}}"

    def of(self, job: str) -> "Series":
        """The series of one scrape job."""
        return Series(self.cluster, {"job": job})


def rule_file(groups: Iterable[AlertGroup], cluster: str, runbooks: str) -> dict[str, Any]:
    """A rule file's content, which is also the specification of a PrometheusRule.

    Args:
        groups: the rules.
        cluster: the cluster's name.
        runbooks: the address of the page with the actions.
    """
    return {
        "groups": [
            {
                "name": f"tripod-{group.name}",
                "interval": "1m",
                "rules": [alert.rule(cluster, runbooks) for alert in group.alerts],
            }
            for group in groups
        ]
    }
