"""S3 buckets: encrypted, versioned, TLS only and closed to the public."""

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory
from tripod.core.iam_documents import Document


def tls_only_policy(bucket_arn: str) -> Document:
    """Build a bucket policy that denies requests without TLS."""
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


def set_ownership_and_versioning(
    children: ChildFactory, purpose: tuple[str, ...], bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions
) -> None:
    """Enforce the bucket owner's ownership of every object, and turn on versioning.

    Args:
        children: the owning component's factory.
        purpose: the middle part of the resources' names.
        bucket: the bucket.
        opts: the resources' options.
    """
    aws.s3.BucketOwnershipControls(
        children.logical_name(*purpose, "ownership"),
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    aws.s3.BucketVersioning(
        children.logical_name(*purpose, "versioning"),
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=opts,
    )


def make_private_bucket(
    children: ChildFactory,
    purpose: str,
    name: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
    *,
    force_destroy: bool = False,
) -> aws.s3.Bucket:
    """Create a bucket that only the account's own roles can read.

    Args:
        children: the owning component's factory.
        purpose: its name among the component's children.
        name: its physical name.
        key_arn: the KMS key that encrypts its objects.
        tags: its tags.
        opts: options of the bucket and its configuration.
        force_destroy: if true, a destroy empties it first.
    """
    bucket = aws.s3.Bucket(
        children.logical_name(purpose), bucket=name, force_destroy=force_destroy, tags=tags, opts=opts
    )
    set_ownership_and_versioning(children, (purpose,), bucket, opts)
    aws.s3.BucketServerSideEncryptionConfiguration(
        children.logical_name(purpose, "encryption"),
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn},
                "bucket_key_enabled": True,
            }
        ],
        opts=opts,
    )
    _close_to_public(children, purpose, bucket, opts)
    return bucket


def _close_to_public(children: ChildFactory, purpose: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    """Block public access to a bucket, and deny requests without TLS."""
    access_block = aws.s3.BucketPublicAccessBlock(
        children.logical_name(purpose, "public-access"),
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketPolicy(
        children.logical_name(purpose, "policy"),
        bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: json.dumps(tls_only_policy(arn))),
        # S3 refuses concurrent changes of a bucket's access (OperationAborted).
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[access_block])),
    )
