"""Import of a snapshot from another bucket: of a deleted cluster, or of another one.

Members may read their own cluster's snapshots and no others, and get no right for this. The operator copies the
snapshot into the cluster's own bucket, with their own rights, where members may read it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from tripod.operations.backup.run import SnapshotLocation
from tripod.operations.errors import OperationError, Refusal
from tripod.stack.aws_clients import Boto3Client, error_code
from tripod.storage.layout import SNAPSHOT_FOLDER

IMPORTED = f"{SNAPSHOT_FOLDER}imported/"
"""Prefix of copies in the cluster's own bucket: members may read them, and no list of backups has them."""

_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+)")


@dataclass(frozen=True)
class SnapshotSource:
    """A snapshot in another bucket.

    Attributes:
        bucket: the bucket.
        key: its key.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def imported_key(self) -> str:
        """The key of its copy."""
        return f"{IMPORTED}{self.bucket}/{self.key.rsplit('/', 1)[-1]}"


def source_of(address: str) -> SnapshotSource | None:
    """Read ``s3://bucket/key``; None where it is no such address."""
    found = _ADDRESS.fullmatch(address)
    return SnapshotSource(found["bucket"], found["key"]) if found else None


def source_refusals(client: Boto3Client, source: SnapshotSource) -> Iterator[Refusal]:
    """Refuse a snapshot that cannot be copied.

    Args:
        client: a client of S3, with the rights of the operator.
        source: the snapshot.
    """
    try:
        head = client.head_object(Bucket=source.bucket, Key=source.key)
    except ClientError as error:
        code = error_code(error)
        if code in ("404", "NoSuchKey", "NoSuchBucket"):
            yield Refusal(str(source), "is not there", f"`aws s3 ls s3://{source.bucket}/ --recursive` lists what is")
        else:
            yield Refusal(
                str(source),
                f"your credentials may not read it ({code}), and the members' role may read its own cluster's alone",
                "use credentials with s3:GetObject on it and kms:Decrypt on its key, in the bucket's policy too where "
                "it is another account's; or have its owner copy it to a bucket that you may read",
            )
        return
    if head["ContentLength"] <= 0:
        yield Refusal(str(source), "is empty", "choose another")


def import_snapshot(client: Boto3Client, source: SnapshotSource, location: SnapshotLocation) -> str:
    """Copy a snapshot into the cluster's own bucket, and return its key there.

    Raises:
        OperationError: it cannot be read or written, or the copy is not whole.
    """
    key = source.imported_key
    try:
        before = client.head_object(Bucket=source.bucket, Key=source.key)
        # A copy in parts, which a large one is, has no metadata but these (s3transfer, copies.py).
        kept = {"Metadata": before.get("Metadata", {}), "MetadataDirective": "REPLACE"}
        client.copy({"Bucket": source.bucket, "Key": source.key}, location.bucket, key, ExtraArgs=kept)
        after = client.head_object(Bucket=location.bucket, Key=key)
    except ClientError as error:
        raise OperationError(
            f"{source} could not be copied to s3://{location.bucket}/{key}: {error}. It takes s3:GetObject and "
            "kms:Decrypt there, s3:PutObject and kms:GenerateDataKey here. Nothing was stopped"
        ) from error
    if before["ContentLength"] != after["ContentLength"]:
        raise OperationError(f"the copy s3://{location.bucket}/{key} is not as long as {source}. Nothing was stopped")
    return key


def keys_note(source: SnapshotSource, secret: str) -> str:
    """A note on the encryption keys of a snapshot that another cluster wrote.

    Args:
        source: the snapshot.
        secret: the name of this cluster's encryption secret.
    """
    return (
        f"{source} is of another cluster, or of an earlier incarnation of it: its Secrets are encrypted with its "
        "keys. Unless they are this cluster's too, give it those keys before you go on; nothing that this cluster has "
        "now needs its own any more:\n"
        "  aws secretsmanager get-secret-value --secret-id CLUSTER/INCARNATION/encryption --query SecretString "
        "--output text |\n"
        f"    aws secretsmanager put-secret-value --secret-id {secret} --secret-string file:///dev/stdin"
    )
