"""The component OidcIssuer: the OIDC issuer for service accounts (IRSA)."""

import json

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import STS_AUDIENCE, Document
from tripod.core.regions import dns_suffix
from tripod.core.spec_types import IssuerSettings
from tripod.iam.issuer_documents import DISCOVERY_PATH, KEY_SET_PATH, discovery_document, key_set
from tripod.iam.spec import IssuerSpec
from tripod.storage.buckets import set_ownership_and_versioning, tls_only_policy


class OidcIssuerArgs(OwnedArgs, IssuerSettings):
    """Arguments of OidcIssuer."""

    region: str
    """The region of the bucket."""
    incarnation: pulumi.Input[str]
    """The cluster incarnation; it is part of the bucket's name, which is globally unique."""
    service_account_public_key: pulumi.Input[str]
    """The key that signs tokens (PEM, RSA)."""


class OidcIssuer(pulumi.ComponentResource):
    """An OpenID Connect issuer for service accounts: a bucket with two public documents, and IAM's provider for it.

    With ``url`` there is no bucket: the owner of that address publishes the two documents, which are outputs.
    """

    url: pulumi.Output[str]
    """The issuer's URL, as in the tokens' iss claim."""
    provider_arn: pulumi.Output[str]
    """The ARN of IAM's OIDC provider, which roles trust."""
    discovery: pulumi.Output[str]
    """The discovery document (JSON), at <url>/.well-known/openid-configuration."""
    keys: pulumi.Output[str]
    """The key set (JSON), at <url>/openid/v1/jwks."""

    def __init__(self, name: str, args: OidcIssuerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(IssuerSpec, args, OidcIssuerArgs)
        super().__init__("tripod:index:OidcIssuer", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        bucket_name = pulumi.Output.concat(children.cluster, "-", args["incarnation"], "-issuer")
        host = f"s3.{args['region']}.{dns_suffix(args['region'])}"
        self.url = (
            pulumi.Output.from_input(spec.url)
            if spec.url is not None
            else bucket_name.apply(lambda bucket: f"https://{bucket}.{host}")
        )
        self.discovery = self.url.apply(lambda url: json.dumps(discovery_document(url)))
        public_key = pulumi.Output.from_input(args["service_account_public_key"])
        self.keys = public_key.apply(lambda pem: json.dumps(key_set([pem])))
        published = [] if spec.url else _publish(children, bucket_name, self.discovery, self.keys)
        provider = aws.iam.OpenIdConnectProvider(
            children.logical_name("provider"),
            url=self.url,
            client_id_lists=[STS_AUDIENCE],
            tags=children.tags("issuer", role="issuer"),
            opts=children.opts(depends_on=published),
        )
        self.provider_arn = provider.arn
        self.register_outputs(annotated_outputs(self))


def public_documents_policy(bucket_arn: str) -> Document:
    """Build a bucket policy that lets anyone read the two documents over TLS, and nothing else."""
    policy = tls_only_policy(bucket_arn)
    readable = {
        "Sid": "TwoDocuments",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": [f"{bucket_arn}/{DISCOVERY_PATH}", f"{bucket_arn}/{KEY_SET_PATH}"],
    }
    return {"Version": policy["Version"], "Statement": [*policy["Statement"], readable]}


def _publish(
    children: ChildFactory, bucket_name: pulumi.Output[str], discovery: pulumi.Output[str], keys: pulumi.Output[str]
) -> list[pulumi.Resource]:
    """Create a bucket for the two documents alone, so that public access covers nothing else."""
    bucket = aws.s3.Bucket(
        children.logical_name("bucket"),
        bucket=bucket_name,
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
    access = aws.s3.BucketPublicAccessBlock(
        children.logical_name("public-access"),
        bucket=bucket.id,
        block_public_acls=True,
        ignore_public_acls=True,
        block_public_policy=False,
        restrict_public_buckets=False,
        opts=children.opts(),
    )
    policy = aws.s3.BucketPolicy(
        children.logical_name("policy"),
        bucket=bucket.id,
        policy=bucket.arn.apply(lambda arn: json.dumps(public_documents_policy(arn))),
        opts=children.opts(depends_on=[access]),
    )
    objects = [
        aws.s3.BucketObjectv2(
            children.logical_name(name),
            bucket=bucket.id,
            key=key,
            content=content,
            content_type="application/json",
            tags=children.tags("issuer", role="issuer"),
            opts=children.opts(),
        )
        for name, key, content in (("discovery", DISCOVERY_PATH, discovery), ("keys", KEY_SET_PATH, keys))
    ]
    return [policy, *objects]
