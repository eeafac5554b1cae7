"""Buckets, all of them encrypted, versioned, reached over TLS alone and closed to the public."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory
from tripod.core.iam_documents import Document


def tls_only_policy(bucket_arn: str) -> Document:
    """A bucket policy that denies whatever does not come over TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def own_every_version(
    scope: ChildFactory, purpose: tuple[str, ...], bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions
) -> None:
    """Have a bucket belong to its account, object by object, and forget nothing at once.

    Args:
        scope: whose it is.
        purpose: what its children's names have after their component's.
        bucket: the bucket.
        opts: its options.
    """
    aws.s3.BucketOwnershipControls(
        scope.child(*purpose, "ownership"),
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    aws.s3.BucketVersioning(
        scope.child(*purpose, "versioning"),
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=opts,
    )


def make_private_bucket(
    scope: ChildFactory,
    purpose: str,
    name: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    tags: Mapping[str, str],
    keep: pulumi.ResourceOptions,
    *,
    force_destroy: bool = False,
) -> aws.s3.Bucket:
    """A bucket that only the account's own roles can read.

    Args:
        scope: whose it is.
        purpose: what it is called among its component's children.
        name: its physical name.
        key_arn: the KMS key that encrypts what is put into it.
        tags: its tags.
        keep: the options of the bucket and of what makes it safe.
        force_destroy: whether a destroy empties it first.
    """
    bucket = aws.s3.Bucket(scope.child(purpose), bucket=name, force_destroy=force_destroy, tags=tags, opts=keep)
    own_every_version(scope, (purpose,), bucket, keep)
    aws.s3.BucketServerSideEncryptionConfiguration(
        scope.child(purpose, "encryption"),
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                "bucket_key_enabled": True,
            }
        ],
        opts=keep,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        scope.child(purpose, "public-access"),
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=keep,
    )
    aws.s3.BucketPolicy(
        scope.child(purpose, "policy"),
        bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: json.dumps(tls_only_policy(arn))),
        # S3 refuses two changes of a bucket's access at once (OperationAborted).
        opts=pulumi.ResourceOptions.merge(keep, pulumi.ResourceOptions(depends_on=[closed])),
    )
    return bucket
