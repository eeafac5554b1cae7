"""Snapshots of etcd: take one now, list and assess the others."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tripod.operations.errors import OperationError
from tripod.operations.etcd_health import MemberView
from tripod.operations.inventory import ClusterInventory, Described, NoClusterError
from tripod.operations.remote import Remote, ask

SNAPSHOT = "snapshot"
"""The agent's command on a member: take a snapshot and put it into the bucket. With ``{"now": true}`` it does so
though it is not this member's turn, or not yet time."""

SNAPSHOT_SECONDS = 900

_DOCUMENTS = "boot/etcd-"


@dataclass(frozen=True)
class StoredSnapshot:
    """A snapshot in the bucket.

    Attributes:
        key: its key.
        taken: its time.
        size: its size in bytes.
    """

    key: str
    taken: datetime
    size: int


@dataclass(frozen=True)
class TakenSnapshot:
    """A snapshot that was taken now, and verified in the bucket.

    Attributes:
        bucket: the bucket.
        snapshot: the snapshot.
        member: the member that it was taken on.
        revision: the revision of its data; None if unknown.
    """

    bucket: str
    snapshot: StoredSnapshot
    member: str
    revision: int | None


@dataclass(frozen=True)
class SnapshotLocation:
    """The location of a cluster's snapshots.

    Attributes:
        bucket: the bucket.
        prefix: the prefix of their keys.
        interval: the time between two of them.
        token: etcd's initial cluster token.
    """

    bucket: str
    prefix: str
    interval: timedelta
    token: str


def snapshot_location(inventory: ClusterInventory) -> SnapshotLocation:
    """The location of a cluster's snapshots, from the newest document that its members boot with.

    Raises:
        NoClusterError: there is no such document.
    """
    bucket = inventory.payload_bucket
    found = inventory.pages("s3", "list_objects_v2", "Contents", Bucket=bucket, Prefix=_DOCUMENTS)
    if not found:
        raise NoClusterError(f"no document of etcd's members in s3://{bucket}/{_DOCUMENTS}…: run `pulumi up`")
    newest = max(found, key=lambda one: one["LastModified"])
    document = json.loads(inventory.client("s3").get_object(Bucket=bucket, Key=newest["Key"])["Body"].read())
    settings = document["snapshots"]
    return SnapshotLocation(
        settings["bucket"], settings["prefix"], timedelta(minutes=settings["minutes"]), document["token"]
    )


def snapshots(inventory: ClusterInventory, location: SnapshotLocation) -> list[StoredSnapshot]:
    """The snapshots of a cluster, newest first."""
    listed = inventory.pages("s3", "list_objects_v2", "Contents", Bucket=location.bucket, Prefix=location.prefix)
    found = [StoredSnapshot(one["Key"], one["LastModified"], one["Size"]) for one in listed]
    return sorted(found, key=lambda one: (one.taken, one.key), reverse=True)


def staleness(found: Sequence[StoredSnapshot], location: SnapshotLocation, now: datetime) -> str:
    """The fault of the newest snapshot; empty if it is good. One missed snapshot is no fault yet."""
    if not found:
        return f"there is no snapshot in s3://{location.bucket}/{location.prefix}"
    age = now - found[0].taken
    if age > 2 * location.interval:
        return f"the newest snapshot is {age_text(age)} old; one is taken every {age_text(location.interval)}"
    if found[0].size == 0:
        return f"the newest snapshot is empty: {found[0].key}"
    return ""


def age_text(age: timedelta) -> str:
    """An age as text: ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    minutes = max(int(age.total_seconds()) // 60, 0)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def member_for_snapshot(views: Sequence[tuple[str, MemberView | str]]) -> str:
    """The member to take a snapshot on: a healthy follower that has all data; the leader where there is no other.

    Raises:
        OperationError: no member is well.
    """
    able = [
        (view.leader == view.id, -view.revision, member)
        for member, view in views
        if isinstance(view, MemberView) and view.healthy and not view.learner
    ]
    if not able:
        said = "; ".join(f"{member}: {view if isinstance(view, str) else view.reason}" for member, view in views)
        raise OperationError(
            f"no member of etcd is well, so that no snapshot would hold all data ({said or 'none is in service'}). "
            "`tripod backups` lists those that there are"
        )
    return min(able)[2]


def take_snapshot(
    inventory: ClusterInventory, remote: Remote, location: SnapshotLocation, member: str, instance: str
) -> TakenSnapshot:
    """Take a snapshot, and verify it in the bucket: an answer alone is no proof.

    Raises:
        OperationError: it failed, or is not what it should be.
    """
    answer = ask(remote, instance, SNAPSHOT, {"now": True}, SNAPSHOT_SECONDS)
    key, revision = answer.get("key"), answer.get("revision")
    if not isinstance(key, str) or not key:
        raise OperationError(f"{instance} says nothing of where it put the snapshot: {answer.get('reason', answer)}")
    found = {one.key: one for one in snapshots(inventory, location)}
    if key not in found:
        raise OperationError(f"{instance} says that it put s3://{location.bucket}/{key}, which is not there")
    head = inventory.client("s3").head_object(Bucket=location.bucket, Key=key)
    problems = snapshot_problems(head, found[key], tuple(found.values()))
    if problems:
        raise OperationError(f"s3://{location.bucket}/{key} is no good: {'; '.join(problems)}")
    return TakenSnapshot(location.bucket, found[key], member, revision if isinstance(revision, int) else None)


def snapshot_problems(head: Described, snapshot: StoredSnapshot, found: Sequence[StoredSnapshot]) -> list[str]:
    """Faults of a snapshot that has just been taken.

    Args:
        head: its metadata in S3.
        snapshot: the snapshot.
        found: all snapshots, the newest first.
    """
    problems: list[str] = []
    if head["ContentLength"] <= 0:
        problems.append("it is empty")
    if head.get("ServerSideEncryption") != "aws:kms":
        problems.append(f"it is encrypted by {head.get('ServerSideEncryption') or 'nothing'}, not by a KMS key")
    newer = [one.key for one in found if one.taken > snapshot.taken]
    if newer:
        problems.append(f"{newer[0]} is newer: the member's own turn may have come meanwhile; see `tripod backups`")
    return problems
