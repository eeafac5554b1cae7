"""Alerts about etcd: its members, their disks, and their backups."""

from collections.abc import Iterator

from tripod.addons.metrics.alerts.rule import Alert, Series
from tripod.addons.metrics.alerts.spec import AlertsSpec
from tripod.addons.telemetry.jobs import BACKUP_CHECK, BACKUP_CHECK_MINUTES, ETCD, KUBE_STATE_METRICS, NAMESPACE


def etcd_alerts(series: Series, when: AlertsSpec) -> Iterator[Alert]:
    """What happens to etcd, seen at its members' metrics.

    Args:
        series: the cluster's metrics.
        when: thresholds.
    """
    etcd = series.of(ETCD)
    yield from _members(etcd)
    yield from _disks(etcd, when)
    yield Alert(
        "EtcdLeaderChanges",
        f"max(increase({etcd('etcd_server_leader_changes_seen_total')}[1h])) >= {when.leader_changes_per_hour}",
        "warning",
        "etcd has changed its leader {{ $value | humanize }} times within an hour",
        "While there is no leader, nothing is written. Disks or the network are too slow for its heartbeats.",
        "Look at EtcdSlowFsync, and at the traffic between the zones.",
    )
    yield Alert(
        "EtcdMemberReplaced",
        f"time() - {etcd('process_start_time_seconds')} < {when.replaced_hours * 3600} "
        f"and on () (time() - {_cluster_created(series)} > {2 * when.replaced_hours * 3600})",
        "info",
        "etcd on {{ $labels.instance }} started {{ $value | humanizeDuration }} ago",
        "A member's instance was replaced, or its process restarted. It heals itself, and hides why.",
        "Look at the activity history of the member's auto-scaling group, and at its journal.",
    )


def _cluster_created(series: Series) -> str:
    return series.of(KUBE_STATE_METRICS)("kube_namespace_created", 'namespace="kube-system"')


def _members(etcd: Series) -> Iterator[Alert]:
    """Members that are missing."""
    yield Alert(
        "EtcdNoLeader",
        f"{etcd('etcd_server_has_leader')} == 0",
        "critical",
        "etcd on {{ $labels.instance }} has no leader",
        "Nothing can be written while there is no leader: no deployment, no healing.",
        "`tripod verify` says which members answer. With a majority lost, see 'A lost majority' in docs/operations.md.",
        hold="1m",
    )
    yield Alert(
        "EtcdMemberDown",
        f"{etcd('up')} == 0",
        "critical",
        "etcd on {{ $labels.instance }} does not answer",
        "The others serve on, but the next loss may be one too many.",
        "Its group replaces an instance that is broken. One that runs and does not answer: terminate it.",
        hold="3m",
    )
    yield Alert(
        "EtcdQuorumLost",
        f"sum({etcd('up')}) <= floor(count({etcd('up')}) / 2)",
        "critical",
        "{{ $value }} members of etcd answer, which is no majority",
        "Nothing can be written: the cluster runs on as it is, and heals nothing.",
        "See 'A lost majority' in docs/operations.md. Terminate no member before you have read it.",
        hold="1m",
    )
    yield Alert(
        "EtcdNotObserved",
        f"absent({etcd('up')})",
        "critical",
        "no member of etcd is being observed",
        "Nobody would know if etcd failed.",
        "Look at the collector of the cluster: `kubectl -n monitoring logs deployment/collector-cluster`.",
        hold="10m",
    )


def _disks(etcd: Series, when: AlertsSpec) -> Iterator[Alert]:
    """Disks that are slow or full."""
    for name, metric, milliseconds, what in (
        ("EtcdSlowFsync", "etcd_disk_wal_fsync_duration_seconds", when.fsync_milliseconds, "its log"),
        ("EtcdSlowCommit", "etcd_disk_backend_commit_duration_seconds", when.commit_milliseconds, "its database"),
    ):
        rate = f"sum by (instance, le) (rate({etcd(f'{metric}_bucket')}[5m]))"
        yield Alert(
            name,
            f"histogram_quantile(0.99, {rate}) > {milliseconds / 1000:g}",
            "warning",
            "etcd on {{ $labels.instance }} takes {{ $value | humanizeDuration }} to write " + what,
            "A member that writes slowly slows every change, and loses its leadership when it is too slow.",
            "Look at its volume's throughput and burst in CloudWatch; raise `etcd.volume` or the instance type.",
            hold="10m",
        )
    size, quota = etcd("etcd_mvcc_db_total_size_in_bytes"), etcd("etcd_server_quota_backend_bytes")
    yield Alert(
        "EtcdDatabaseAlmostFull",
        f"100 * {size} / {quota} > {when.etcd_quota_percent}",
        "critical",
        "etcd on {{ $labels.instance }} has used {{ $value | humanize }} % of its quota",
        "At the quota etcd raises an alarm and takes no more writes until somebody clears it.",
        "Find what fills it (`apiserver_storage_objects`, by resource), delete that, defragment one member at a time.",
        hold="10m",
    )


def backup_alert(series: Series, when: AlertsSpec) -> Alert:
    """The newest backup is too old: seen in the bucket, whoever should have written it.

    Args:
        series: the cluster's metrics.
        when: thresholds.
    """
    job = f'namespace="{NAMESPACE}",cronjob="{BACKUP_CHECK}"'
    checked = series.of(KUBE_STATE_METRICS)("kube_cronjob_status_last_successful_time", job)
    # Two looks may fail, for want of a node or of S3.
    missed = 3 * BACKUP_CHECK_MINUTES * 60
    return Alert(
        "EtcdBackupTooOld",
        f"time() - max({checked}) > {missed} or absent({checked})",
        "critical",
        f"no backup of etcd was found that is younger than {when.backup_hours} h",
        "What was changed since the newest backup is lost if etcd is.",
        "`kubectl -n monitoring logs job/…` of the last check says what it found; the journal of tripod-snapshot on "
        "the leader says why there is none. `tripod backup STACK` makes one now.",
        hold="30m",
    )
