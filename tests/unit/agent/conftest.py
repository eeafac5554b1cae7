from collections.abc import Generator

import boto3
import pytest

from support.agent import PAYLOAD_BUCKET, REGION, SESSION, SNAPSHOT_BUCKET, aws, emulated, put_topology


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """An emulated account with the cluster's buckets and its topology, whatever this machine is logged in to."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with emulated():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        for bucket in (PAYLOAD_BUCKET, SNAPSHOT_BUCKET):
            aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology()
        yield
