"""Alerts on CloudWatch metrics: databases and load balancers."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import CLOUDWATCH

_DATABASE = "dimension_DBInstanceIdentifier"
_NAME = "{{ $labels.dimension_DBInstanceIdentifier }}"


def database_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on RDS databases.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    cloudwatch = series.of(CLOUDWATCH)
    busy = cloudwatch("aws_rds_cpuutilization_average")
    now, before = (f"max by ({_DATABASE}) ({busy}{offset})" for offset in ("", " offset 1h"))
    yield Alert(
        "DatabaseSilent",
        f"{before} unless on ({_DATABASE}) {now}",
        "critical",
        f"{_NAME} has sent CloudWatch no metrics, though it did an hour ago",
        "A database that is stopped, failing over or deleted sends no metrics.",
        "Look at its events in RDS. A Multi-AZ one comes back under the same name within minutes.",
        hold="10m",
    )
    yield Alert(
        "DatabaseBusy",
        f"max by ({_DATABASE}) ({busy}) > {thresholds.database_cpu_percent}",
        "warning",
        f"{_NAME} uses {{{{ $value | humanize }}}} % of its processors",
        "Requests wait for it.",
        "Performance Insights names the statements; otherwise a larger instance class.",
        hold="15m",
    )
    yield Alert(
        "DatabaseStorageLow",
        f"min by ({_DATABASE}) ({cloudwatch('aws_rds_free_storage_space_average')}) < "
        f"{thresholds.database_free_gib * 1024**3}",
        "critical",
        f"{_NAME} has {{{{ $value | humanize1024 }}}}B of storage left",
        "A database without storage stops.",
        "Raise its storage: it grows while it is in use. Switch on its storage autoscaling.",
        hold="10m",
    )
    connections = cloudwatch("aws_rds_database_connections_maximum")
    yield Alert(
        "DatabaseConnections",
        f"max by ({_DATABASE}) ({connections}) > {thresholds.database_connections}",
        "warning",
        f"{_NAME} has {{{{ $value | humanize }}}} connections",
        "Past what it allows it refuses new ones, those of a new release among them.",
        "Lower the applications' pools, or raise `databaseConnections` if it allows more.",
        hold="10m",
    )


def load_balancer_alerts(series: Series) -> Iterator[Alert]:
    """Alerts on the cluster's load balancers.

    Args:
        series: the cluster's metrics.
    """
    healthy = series.of(CLOUDWATCH)("aws_networkelb_healthy_host_count_maximum")
    yield Alert(
        "LoadBalancerWithoutTargets",
        f"max by (dimension_LoadBalancer, dimension_TargetGroup) ({healthy}) < 1",
        "critical",
        "{{ $labels.dimension_LoadBalancer }} has no healthy target in {{ $labels.dimension_TargetGroup }}",
        "What stands behind it cannot be reached.",
        "For the API, see ApiServerDown; for the ingress, are its pods ready, and do security groups let checks in?",
        hold="5m",
    )
