"""What becomes of snapshots in their bucket."""

from support.stacks.planned import inputs, of_type, planned
from tripod.storage.layout import LATEST_SNAPSHOT, SNAPSHOT_PREFIX


def test_snapshots_expire_and_the_copy_of_the_newest_one_does_not() -> None:
    (lifecycle,) = of_type(planned("production"), "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    rules = inputs(lifecycle)["rules"]
    expiring = tuple(rule["filter"]["prefix"] for rule in rules if "expiration" in rule)
    assert f"{SNAPSHOT_PREFIX}2026-07-14T09-05-07Z-4711.db".startswith(expiring)
    assert not LATEST_SNAPSHOT.startswith(expiring)
    # The bucket keeps versions: those of the copy would add up.
    thinned = tuple(rule["filter"]["prefix"] for rule in rules if "noncurrentVersionExpiration" in rule)
    assert LATEST_SNAPSHOT.startswith(thinned)
