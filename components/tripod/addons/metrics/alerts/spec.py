"""Thresholds of alerts."""

from collections.abc import Iterator

from tripod.core.problems import Problem
from tripod.core.spec import Spec, Whole

_ALLOWED = {
    "restarts_per_day": (1, 1000),
    "out_of_memory_per_day": (1, 1000),
    "not_ready_minutes": (1, 1440),
    "fsync_milliseconds": (1, 8000),
    "commit_milliseconds": (1, 8000),
    "leader_changes_per_hour": (1, 100),
    "etcd_quota_percent": (1, 99),
    "volume_free_percent": (1, 99),
    "certificate_days": (1, 60),
    "replaced_hours": (1, 24),
    "backup_hours": (1, 168),
    "api_error_percent": (1, 100),
    "api_seconds": (1, 60),
    "database_free_gib": (1, 65536),
    "database_cpu_percent": (1, 100),
    "database_connections": (1, 100000),
}
"""Threshold → its smallest and largest allowed value."""


class AlertsSpec(Spec):
    """Thresholds of alerts."""

    runbooks: str = "docs/alerts.md"
    """The address of the page with the action for each alert (docs/alerts.md); the alert's name is appended."""
    restarts_per_day: Whole = 3
    """Restarts of a container within a day."""
    out_of_memory_per_day: Whole = 1
    """Restarts within a day of a container that was last killed because it had used all of its memory; and processes
    killed on a node."""
    not_ready_minutes: Whole = 5
    """Minutes for which a node is not ready."""
    fsync_milliseconds: Whole = 10
    """Milliseconds that a member of etcd takes to write its log to disk, in the slowest of a hundred writes."""
    commit_milliseconds: Whole = 25
    """Milliseconds that a member of etcd takes to commit to its database, likewise."""
    leader_changes_per_hour: Whole = 4
    """Changes of etcd's leader within an hour."""
    etcd_quota_percent: Whole = 80
    """Percent of its quota that etcd's database uses. At 100, etcd refuses writes."""
    volume_free_percent: Whole = 10
    """Percent of a pod's volume, or of a node's own disk, that is free."""
    certificate_days: Whole = 14
    """Days until a certificate expires. Automatic renewal is earlier."""
    replaced_hours: Whole = 1
    """Hours for which the alert on a replaced instance fires."""
    backup_hours: Whole = 2
    """Age of the newest backup of etcd, in hours; more than the interval between two."""
    api_error_percent: Whole = 1
    """Answers of the API servers that are errors of theirs, in percent."""
    api_seconds: Whole = 1
    """Seconds that the API servers take to answer, in the slowest of a hundred requests."""
    database_free_gib: Whole = 5
    """Free storage of a database in GiB."""
    database_cpu_percent: Whole = 90
    """CPU use of a database in percent."""
    database_connections: Whole = 80
    """Connections to a database. Its own limit depends on its size: choose a lower one."""

    def _rules(self) -> Iterator[Problem]:
        for name, (least, most) in _ALLOWED.items():
            value: int = getattr(self, name)
            if not least <= value <= most:
                yield Problem((name,), str(value), f"{least} to {most}", "change the threshold")
