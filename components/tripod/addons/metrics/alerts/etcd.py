"""Alerts on etcd: members, disks and backups."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import BACKUP_CHECK, BACKUP_CHECK_MINUTES, ETCD, KUBE_STATE_METRICS, NAMESPACE


def etcd_alerts(series: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on the members' metrics.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    etcd = series.of(ETCD)
    yield from _members(etcd)
    yield from _disks(etcd, thresholds)
    yield Alert(
        "EtcdLeaderChanges",
        f"max(increase({etcd('etcd_server_leader_changes_seen_total')}[1h])) >= {thresholds.leader_changes_per_hour}",
        "warning",
        "etcd has changed its leader {{ $value | humanize }} times within an hour",
        "While there is no leader, nothing is written. Disks or the network are too slow for its heartbeats.",
        "Look at EtcdSlowFsync, and at the traffic between the zones.",
    )
    yield Alert(
        "EtcdMemberReplaced",
        f"time() - {etcd('process_start_time_seconds')} < {thresholds.replaced_hours * 3600} "
        f"and on () (time() - {_cluster_created(series)} > {2 * thresholds.replaced_hours * 3600})",
        "info",
        "etcd on {{ $labels.instance }} started {{ $value | humanizeDuration }} ago",
        "A member's instance was replaced, or its process restarted. Self-healing hides the reason.",
        "Look at the activity history of the member's auto-scaling group, and at its journal.",
    )


def _cluster_created(series: Series) -> str:
    return series.of(KUBE_STATE_METRICS)("kube_namespace_created", 'namespace="kube-system"')


def _members(etcd: Series) -> Iterator[Alert]:
    """Alerts on missing members."""
    yield Alert(
        "EtcdNoLeader",
        f"{etcd('etcd_server_has_leader')} == 0",
        "critical",
        "etcd on {{ $labels.instance }} has no leader",
        "Nothing can be written while there is no leader: no deployment, no healing.",
        "`tripod verify` lists members that answer. With a majority lost, see 'A lost majority' in docs/operations.md.",
        hold="1m",
    )
    yield Alert(
        "EtcdMemberDown",
        f"{etcd('up')} == 0",
        "critical",
        "etcd on {{ $labels.instance }} does not answer",
        "The others continue, but the next loss may cost the quorum.",
        "Its group replaces a broken instance. Terminate an instance that runs and does not answer.",
        hold="3m",
    )
    yield Alert(
        "EtcdQuorumLost",
        f"sum({etcd('up')}) <= floor(count({etcd('up')}) / 2)",
        "critical",
        "{{ $value }} members of etcd answer, which is no majority",
        "Nothing can be written: workloads continue, and nothing is repaired.",
        "See 'A lost majority' in docs/operations.md. Terminate no member before you have read it.",
        hold="1m",
    )
    yield Alert(
        "EtcdNotObserved",
        f"absent({etcd('up')})",
        "critical",
        "no member of etcd is scraped",
        "No alert would fire if etcd failed.",
        "Look at the collector of the cluster: `kubectl -n monitoring logs deployment/collector-cluster`.",
        hold="10m",
    )


def _disks(etcd: Series, thresholds: AlertsSpec) -> Iterator[Alert]:
    """Alerts on slow or full disks."""
    for name, metric, milliseconds, written in (
        ("EtcdSlowFsync", "etcd_disk_wal_fsync_duration_seconds", thresholds.fsync_milliseconds, "its log"),
        ("EtcdSlowCommit", "etcd_disk_backend_commit_duration_seconds", thresholds.commit_milliseconds, "its database"),
    ):
        rate = f"sum by (instance, le) (rate({etcd(f'{metric}_bucket')}[5m]))"
        yield Alert(
            name,
            f"histogram_quantile(0.99, {rate}) > {milliseconds / 1000:g}",
            "warning",
            "etcd on {{ $labels.instance }} takes {{ $value | humanizeDuration }} to write " + written,
            "A member that writes slowly slows every change, and loses its leadership when it is too slow.",
            "Look at its volume's throughput and burst in CloudWatch; raise `etcd.volume` or the instance type.",
            hold="10m",
        )
    size, quota = etcd("etcd_mvcc_db_total_size_in_bytes"), etcd("etcd_server_quota_backend_bytes")
    yield Alert(
        "EtcdDatabaseAlmostFull",
        f"100 * {size} / {quota} > {thresholds.etcd_quota_percent}",
        "critical",
        "etcd on {{ $labels.instance }} has used {{ $value | humanize }} % of its quota",
        "At the quota etcd raises an alarm and refuses writes until the alarm is cleared.",
        "Find what fills it (`apiserver_storage_objects`, by resource) and delete that; then "
        "`tripod etcd STACK defragment` and, after an alarm, `tripod etcd STACK disarm`.",
        hold="10m",
    )


def backup_alert(series: Series, thresholds: AlertsSpec) -> Alert:
    """Alert on the age of the newest backup in the bucket.

    Args:
        series: the cluster's metrics.
        thresholds: thresholds of the settings.
    """
    job = f'namespace="{NAMESPACE}",cronjob="{BACKUP_CHECK}"'
    checked = series.of(KUBE_STATE_METRICS)("kube_cronjob_status_last_successful_time", job)
    # Two runs may fail, without a node or S3.
    missed = 3 * BACKUP_CHECK_MINUTES * 60
    return Alert(
        "EtcdBackupTooOld",
        f"time() - max({checked}) > {missed} or absent({checked})",
        "critical",
        f"no backup of etcd was found that is younger than {thresholds.backup_hours} h",
        "Changes since the newest backup are lost if etcd is.",
        "`kubectl -n monitoring logs job/…` of the last check shows what it found; the journal of tripod-snapshot on "
        "the leader has the reason. `tripod backup STACK` makes one now.",
        hold="30m",
    )
