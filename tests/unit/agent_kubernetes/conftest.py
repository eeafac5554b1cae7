"""An emulated account with what a cluster has in it, for the tests of control-plane nodes and workers."""

import json
from collections.abc import Generator

import boto3
import pytest

from support.agent import PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology

from . import stand


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """An emulated account with the payload bucket and the topology, whatever this machine is logged in to."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with emulated():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology()
        yield


@pytest.fixture
def cluster(account: None) -> stand.Secrets:
    """The cluster's secrets and its key in the account."""
    made = stand.make_secrets()
    for name, value in made.values.items():
        aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").create_alias(AliasName=stand.SECRETS_KEY, TargetKeyId=key)
    return made
