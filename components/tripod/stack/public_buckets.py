"""Preflight of an issuer that a public bucket publishes: an account may block those."""

from collections.abc import Iterator

import pulumi
import pulumi_aws as aws

from tripod.core.problems import Problem
from tripod.stack.spec import StackSpec

_UNSET = "couldn't find resource"
"""The provider's message where the account has no such configuration (retry.NotFoundError of
findPublicAccessBlockByAccountID, internal/service/s3control); S3 then blocks by bucket alone."""


def public_bucket_problems(spec: StackSpec, account: str) -> Iterator[Problem]:
    """Find a public bucket for the issuer in an account that blocks them: S3 would refuse the bucket's policy.

    S3 applies the most restrictive of the account's and the bucket's configuration. Credentials that may not read it
    (s3:GetAccountPublicAccessBlock) leave it unchecked, with a warning.

    Args:
        spec: the stack.
        account: the account of the AWS provider.
    """
    if "bucket" not in spec.issuer.publications:
        return
    try:
        found = aws.s3.get_account_public_access_block(account_id=account)
    except Exception as error:
        if _UNSET not in str(error):
            pulumi.log.warn(f"block of public buckets: not checked before the update. {error}")
        return
    blocking = {"BlockPublicPolicy": found.block_public_policy, "RestrictPublicBuckets": found.restrict_public_buckets}
    if any(blocking.values()):
        yield Problem(
            ("issuer", "publish" if spec.issuer.publish == "bucket" else "accepted"),
            "bucket",
            f"cloudfront or url: account {account} blocks public buckets "
            f"({', '.join(name for name, on in blocking.items() if on)})",
            "set issuer.publish: cloudfront, or publish: url with issuer.url",
        )
