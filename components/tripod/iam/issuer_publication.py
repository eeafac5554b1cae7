"""Publication of an issuer's two documents from a bucket: by itself, behind a CloudFront distribution, or both."""

import json
from collections.abc import Collection

import pulumi
import pulumi_aws as aws
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import monitor_supports_feature

from tripod.core.component import ChildFactory, runs_in_engine
from tripod.core.iam_documents import Document
from tripod.core.regions import dns_suffix
from tripod.iam.issuer_documents import DISCOVERY_PATH, KEY_SET_PATH
from tripod.iam.spec import Publication
from tripod.storage.buckets import set_ownership_and_versioning, tls_only_policy

DOCUMENT_PATHS = (DISCOVERY_PATH, KEY_SET_PATH)

FOLDERS: dict[str, str] = {"bucket": "", "cloudfront": "cloudfront/"}
"""Publisher → the folder of its documents in the bucket: a discovery document names its issuer."""

CACHE_SECONDS = 300
"""Seconds that edges may cache a key set: a rotated one is served everywhere after that."""

ACCEPTED_ROLE = "accepted-issuer"
"""Role, by tag, of an issuer's provider whose tokens are accepted while another signs."""

UNVERIFIED = (
    "AWS makes no distribution in an account that it has not verified. Ask AWS Support to verify the account, or "
    "publish the issuer otherwise: `issuer: {publish: bucket}`, where the account allows public buckets, or "
    "`issuer: {publish: url, url: https://…}`. See docs/first-deployment.md"
)


def documents_policy(bucket_arn: str, *, public: bool, distribution_arn: str | None) -> Document:
    """Build the policy of the bucket: the documents alone are read, over TLS.

    Args:
        bucket_arn: the bucket's ARN.
        public: if true, anyone may read those that the bucket itself publishes.
        distribution_arn: the distribution that may read its own; None where there is none.
    """
    policy = tls_only_policy(bucket_arn)
    statements = [*policy["Statement"]]
    if public:
        statements.append(_readable("TwoDocuments", bucket_arn, "bucket", "*"))
    if distribution_arn is not None:
        # Not public in the sense of S3: the source is one ARN. Any distribution of any account is that principal.
        reader = _readable("Distribution", bucket_arn, "cloudfront", {"Service": "cloudfront.amazonaws.com"})
        statements.append({**reader, "Condition": {"StringEquals": {"aws:SourceArn": distribution_arn}}})
    return {"Version": policy["Version"], "Statement": statements}


def _readable(sid: str, bucket_arn: str, publisher: str, principal: str | dict[str, str]) -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": [f"{bucket_arn}/{FOLDERS[publisher]}{path}" for path in DOCUMENT_PATHS],
    }


class IssuerBucket:
    """The bucket of the two documents alone, so that access to it covers nothing else.

    Args:
        children: the issuer's factory.
        region: the bucket's region.
        incarnation: the cluster incarnation, a part of the bucket's globally unique name.
        publishers: those that publish from it: bucket, cloudfront or both.

    Attributes:
        urls: publisher → the issuer's URL.
        policy: the bucket's policy.
    """

    def __init__(
        self, children: ChildFactory, region: str, incarnation: pulumi.Input[str], publishers: Collection[str]
    ) -> None:
        self._children = children
        name = pulumi.Output.concat(children.cluster, "-", incarnation, "-issuer")
        host = pulumi.Output.concat(name, f".s3.{region}.{dns_suffix(region)}")
        self._bucket = _make_bucket(children, name)
        distribution = _make_distribution(children, name, host) if "cloudfront" in publishers else None
        self.urls: dict[str, pulumi.Output[str]] = {"bucket": pulumi.Output.concat("https://", host)}
        if distribution is not None:
            self.urls["cloudfront"] = pulumi.Output.concat("https://", distribution.domain_name)
        self.policy = self._set_access("bucket" in publishers, distribution)

    def put(
        self, publisher: Publication, discovery: pulumi.Output[str], keys: pulumi.Output[str]
    ) -> list[pulumi.Resource]:
        """Put the documents of a publisher, and return what makes them readable."""
        children = self._children
        own = () if publisher == "bucket" else (publisher,)
        objects = [
            aws.s3.BucketObjectv2(
                children.logical_name(*own, name),
                bucket=self._bucket.id,
                key=f"{FOLDERS[publisher]}{path}",
                content=content,
                content_type="application/json",
                tags=children.tags("issuer", role="issuer"),
                opts=children.opts(),
            )
            for name, path, content in (("discovery", DISCOVERY_PATH, discovery), ("keys", KEY_SET_PATH, keys))
        ]
        return [self.policy, *objects]

    def _set_access(self, public: bool, distribution: aws.cloudfront.Distribution | None) -> aws.s3.BucketPolicy:
        children, bucket = self._children, self._bucket
        access = aws.s3.BucketPublicAccessBlock(
            children.logical_name("public-access"),
            bucket=bucket.id,
            block_public_acls=True,
            ignore_public_acls=True,
            block_public_policy=not public,
            restrict_public_buckets=not public,
            opts=children.opts(),
        )
        arns = pulumi.Output.all(bucket.arn, distribution.arn if distribution else None)
        return aws.s3.BucketPolicy(
            children.logical_name("policy"),
            bucket=bucket.id,
            policy=arns.apply(
                lambda known: json.dumps(documents_policy(known[0], public=public, distribution_arn=known[1]))
            ),
            opts=children.opts(depends_on=[access]),
        )


def _make_bucket(children: ChildFactory, name: pulumi.Output[str]) -> aws.s3.Bucket:
    bucket = aws.s3.Bucket(
        children.logical_name("bucket"),
        bucket=name,
        force_destroy=True,
        tags=children.tags("issuer", role="issuer"),
        opts=children.opts(),
    )
    set_ownership_and_versioning(children, (), bucket, children.opts())
    # S3's own key, not KMS: anonymous readers cannot decrypt with KMS.
    aws.s3.BucketServerSideEncryptionConfiguration(
        children.logical_name("encryption"),
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=children.opts(),
    )
    return bucket


def _make_distribution(
    children: ChildFactory, name: pulumi.Output[str], host: pulumi.Output[str]
) -> aws.cloudfront.Distribution:
    access = aws.cloudfront.OriginAccessControl(
        children.logical_name("cloudfront", "access"),
        name=name,
        description="The bucket of an issuer of service-account tokens",
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=children.opts(),
    )
    return aws.cloudfront.Distribution(
        children.logical_name("cloudfront", "distribution"),
        comment=name,
        enabled=True,
        is_ipv6_enabled=True,
        price_class="PriceClass_100",
        # The documents are needed once a pod asks for rights; nothing before waits until all edges have them.
        wait_for_deployment=False,
        origins=[
            {
                "origin_id": "bucket",
                # The regional name: the global one redirects while a bucket is new.
                "domain_name": host,
                "origin_path": f"/{FOLDERS['cloudfront'].rstrip('/')}",
                "origin_access_control_id": access.id,
            }
        ],
        default_cache_behavior={
            "target_origin_id": "bucket",
            "viewer_protocol_policy": "https-only",
            "allowed_methods": ["GET", "HEAD"],
            "cached_methods": ["GET", "HEAD"],
            # Not a cache policy of each cluster's own: an account may have 20.
            "forwarded_values": {"query_string": False, "cookies": {"forward": "none"}},
            "min_ttl": 0,
            "default_ttl": CACHE_SECONDS,
            "max_ttl": CACHE_SECONDS,
        },
        restrictions={"geo_restriction": {"restriction_type": "none"}},
        viewer_certificate={"cloudfront_default_certificate": True},
        tags=children.tags("issuer", role="issuer"),
        opts=children.opts(hooks=_hooks(children.logical_name("cloudfront", "refusal"))),
    )


def _hooks(name: str) -> pulumi.ResourceHookBinding | None:
    """Hooks of the distribution, by a name of their own in the program; None where no engine has such hooks."""
    if not runs_in_engine() or not monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS):
        return None
    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(name, explain_refusal)])


def explain_refusal(failure: pulumi.ErrorHookArgs) -> bool:
    """Name the other publishers where the account is not verified; the provider is not to try again."""
    if any("account must be verified" in error for error in failure.errors):
        pulumi.log.error(UNVERIFIED)
    return False
