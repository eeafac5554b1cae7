"""The component OidcIssuer: the OIDC issuer for service accounts (IRSA)."""

import json

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import STS_AUDIENCE
from tripod.core.problems import raise_if_any
from tripod.core.spec_types import IssuerSettings
from tripod.iam.issuer_documents import discovery_document, key_set
from tripod.iam.issuer_publication import ACCEPTED_ROLE, IssuerBucket
from tripod.iam.spec import IssuerSpec, Publication, publication_problems

AMAZON_ROOT_CA_1 = "8da7f965ec5efc37910f1c6e59fdc1cc6a6ede16"
"""SHA-1 of Amazon Root CA 1, the authority of the name *.cloudfront.net."""


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

    The documents are public through a CloudFront distribution, or with ``publish: bucket`` in the bucket itself. With
    ``publish: url`` there is no bucket: the owner of that address publishes the two documents, which are outputs.
    """

    url: pulumi.Output[str]
    """The issuer's URL, as in the tokens' iss claim."""
    provider_arn: pulumi.Output[str]
    """The ARN of IAM's OIDC provider, which roles trust."""
    accepted_providers: pulumi.Output[dict[str, str]]
    """URL → ARN of IAM's OIDC provider, of issuers whose tokens are accepted as well."""
    discovery: pulumi.Output[str]
    """The discovery document (JSON), at <url>/.well-known/openid-configuration."""
    keys: pulumi.Output[str]
    """The key set (JSON), at <url>/openid/v1/jwks."""

    def __init__(self, name: str, args: OidcIssuerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(IssuerSpec, args, OidcIssuerArgs)
        raise_if_any(publication_problems(spec, args["region"], ()))
        super().__init__("tripod:index:OidcIssuer", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        public_key = pulumi.Output.from_input(args["service_account_public_key"])
        self.keys = public_key.apply(lambda pem: json.dumps(key_set([pem])))
        from_bucket = [one for one in spec.publications if one != "url"]
        bucket = IssuerBucket(children, args["region"], args["incarnation"], from_bucket) if from_bucket else None
        urls = {**(bucket.urls if bucket else {}), "url": pulumi.Output.from_input(spec.url or "")}
        arns: dict[Publication, pulumi.Output[str]] = {}
        for publisher in spec.publications:
            discovery = urls[publisher].apply(lambda url: json.dumps(discovery_document(url)))
            published = bucket.put(publisher, discovery, self.keys) if bucket and publisher != "url" else []
            arns[publisher] = _make_provider(children, spec, publisher, urls[publisher], published)
        self.url, self.provider_arn = urls[spec.publish], arns[spec.publish]
        self.discovery = self.url.apply(lambda url: json.dumps(discovery_document(url)))
        accepted = [pulumi.Output.all(urls[one], arns[one]) for one in spec.accepted]
        self.accepted_providers = pulumi.Output.all(*accepted).apply(dict)
        self.register_outputs(annotated_outputs(self))


def _make_provider(
    children: ChildFactory,
    spec: IssuerSpec,
    publisher: Publication,
    url: pulumi.Output[str],
    published: list[pulumi.Resource],
) -> pulumi.Output[str]:
    """Create IAM's provider of an issuer, and return its ARN.

    IAM verifies an issuer's certificate with its own library of authorities, and needs a thumbprint for none of those
    here. Where it is given none it connects to the issuer, once, to take one (CreateOpenIDConnectProvider,
    ThumbprintList; OpenIdIdpCommunicationError). A distribution's name may not resolve yet then: it gets one.
    """
    own = () if publisher == "bucket" else (publisher,)
    # Before `publish` there was one name for a bucket's and for one's own.
    renamed = publisher == "url" and "bucket" not in spec.publications
    aliases = [pulumi.Alias(name=children.logical_name("provider"))] if renamed else []
    return aws.iam.OpenIdConnectProvider(
        children.logical_name(*own, "provider"),
        url=url,
        client_id_lists=[STS_AUDIENCE],
        thumbprint_lists=[AMAZON_ROOT_CA_1] if publisher == "cloudfront" else None,
        tags=children.tags("issuer", role="issuer" if publisher == spec.publish else ACCEPTED_ROLE),
        opts=children.opts(depends_on=published, aliases=aliases),
    ).arn
