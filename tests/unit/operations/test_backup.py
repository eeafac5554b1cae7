"""Snapshots: the right member, proof in the bucket, and ages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.operations.fleets import view
from tripod.operations.backup.run import (
    SnapshotLocation,
    StoredSnapshot,
    age_text,
    member_for_snapshot,
    snapshot_problems,
    staleness,
)
from tripod.operations.errors import OperationError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACE = SnapshotLocation("bucket", "etcd/", timedelta(minutes=30), "prod-1")


def test_a_snapshot_is_taken_on_the_follower_that_has_most() -> None:
    views = [("m0", view("a", revision=60)), ("m1", view("b", revision=55)), ("m2", view("c", revision=58))]
    assert member_for_snapshot(views) == "m2"
    assert member_for_snapshot([("m0", view("a")), ("m1", view("b")), ("m2", view("c"))]) == "m1"


def test_the_leader_is_better_than_nobody() -> None:
    unhealthy = view("b", healthy=False)
    assert member_for_snapshot([("m0", view("a")), ("m1", unhealthy), ("m2", view("c", learner=True))]) == "m0"


def test_without_a_healthy_member_no_snapshot_is_taken() -> None:
    with pytest.raises(OperationError, match="m0: gone; m1: no quorum"):
        member_for_snapshot([("m0", "gone"), ("m1", view("b", healthy=False, reason="no quorum"))])


def snapshot(minutes: int, size: int = 10) -> StoredSnapshot:
    return StoredSnapshot(f"etcd/{minutes}", NOW - timedelta(minutes=minutes), size)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([snapshot(10), snapshot(40)], ""),
        ([snapshot(60)], ""),
        ([snapshot(61)], "is 1 h 1 min old; one is taken every 30 min"),
        ([], "there is no snapshot in s3://bucket/etcd/"),
        ([snapshot(1, 0), snapshot(31)], "is empty: etcd/1"),
    ],
)
def test_a_newest_snapshot_older_than_two_intervals_will_not_do(found: list[StoredSnapshot], said: str) -> None:
    told = staleness(found, PLACE, NOW)
    assert told.endswith(said)
    assert bool(told) is bool(said)


GOOD = {"ContentLength": 10, "ServerSideEncryption": "aws:kms"}


@pytest.mark.parametrize(
    ("head", "minutes", "said"),
    [
        (GOOD, 1, []),
        ({**GOOD, "ContentLength": 0}, 1, ["it is empty"]),
        ({"ContentLength": 10}, 1, ["it is encrypted by nothing, not by a KMS key"]),
        ({**GOOD, "ServerSideEncryption": "AES256"}, 1, ["it is encrypted by AES256, not by a KMS key"]),
        (GOOD, 30, ["etcd/20 is newer: the member's own turn may have come meanwhile; see `tripod backups`"]),
    ],
)
def test_a_snapshot_is_looked_at_in_the_bucket(head: dict[str, Any], minutes: int, said: list[str]) -> None:
    assert snapshot_problems(head, snapshot(minutes), [snapshot(20), snapshot(50)]) == said


@pytest.mark.parametrize(
    ("minutes", "written"), [(0, "0 min"), (59, "59 min"), (60, "1 h 0 min"), (1440, "1 d 0 h"), (3000, "2 d 2 h")]
)
def test_ages_are_written_as_people_say_them(minutes: int, written: str) -> None:
    assert age_text(timedelta(minutes=minutes)) == written
