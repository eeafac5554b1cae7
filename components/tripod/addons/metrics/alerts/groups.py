"""All alert rules of a cluster."""

from collections.abc import Iterator
from dataclasses import dataclass

from tripod.addons.metrics.alerts.aws import database_alerts, load_balancer_alerts
from tripod.addons.metrics.alerts.certificates import certificate_alerts
from tripod.addons.metrics.alerts.control_plane import control_plane_alerts, observation_alerts
from tripod.addons.metrics.alerts.etcd import backup_alert, etcd_alerts
from tripod.addons.metrics.alerts.nodes import node_alerts
from tripod.addons.metrics.alerts.pods import pod_alerts
from tripod.addons.metrics.alerts.rule import AlertGroup, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec


@dataclass(frozen=True)
class AlertSources:
    """Sources of metrics: there are no alerts on metrics without a source.

    Attributes:
        etcd: if true, members of etcd are scraped.
        backups: if true, the age of the newest backup is checked.
        databases: if true, CloudWatch metrics of databases are read.
        load_balancers: if true, CloudWatch metrics of load balancers are read.
    """

    etcd: bool = True
    backups: bool = True
    databases: bool = True
    load_balancers: bool = True


def alert_groups(cluster: str, thresholds: AlertsSpec, sources: AlertSources) -> Iterator[AlertGroup]:
    """The alert groups of a cluster.

    Args:
        cluster: the cluster's name.
        thresholds: thresholds of the settings.
        sources: available sources of metrics.
    """
    series = Series(cluster)
    etcd = (*(etcd_alerts(series, thresholds) if sources.etcd else ()),)
    backups = (backup_alert(series, thresholds),) if sources.backups else ()
    groups = (
        AlertGroup("pods", tuple(pod_alerts(series, thresholds))),
        AlertGroup("nodes", tuple(node_alerts(series, thresholds))),
        AlertGroup("etcd", (*etcd, *backups)),
        AlertGroup("control-plane", tuple(control_plane_alerts(series, thresholds))),
        AlertGroup("certificates", tuple(certificate_alerts(series, thresholds))),
        AlertGroup("observation", tuple(observation_alerts(series))),
        AlertGroup("databases", tuple(database_alerts(series, thresholds)) if sources.databases else ()),
        AlertGroup("load-balancers", tuple(load_balancer_alerts(series)) if sources.load_balancers else ()),
    )
    yield from (group for group in groups if group.alerts)
