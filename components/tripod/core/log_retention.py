"""Retention periods of CloudWatch Logs."""

from collections.abc import Iterator

from tripod.core.problems import Path, Problem

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The periods that PutRetentionPolicy takes, up to ten years."""


def log_retention_problems(days: int, path: Path) -> Iterator[Problem]:
    """A period that CloudWatch Logs does not take."""
    if days not in LOG_RETENTION_DAYS:
        near = min(LOG_RETENTION_DAYS, key=lambda known: abs(known - days))
        allowed = ", ".join(str(known) for known in LOG_RETENTION_DAYS)
        yield Problem(path, str(days), f"what CloudWatch keeps: {allowed}", f"use {near}")
