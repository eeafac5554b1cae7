"""Issuer settings."""

import re
from collections.abc import Iterator
from typing import Literal

from tripod.core.problems import Path, Problem
from tripod.core.regions import partition
from tripod.core.spec import Spec

Publication = Literal["cloudfront", "bucket", "url"]


class IssuerSpec(Spec):
    """OIDC issuer for service accounts (IRSA)."""

    publish: Publication = "cloudfront"
    """Publisher of the two documents with which AWS verifies tokens: cloudfront, a distribution before a private
    bucket; bucket, a bucket in which anyone may read them; or url, you."""
    url: str | None = None
    """With publish: url, the URL below which you serve both documents over HTTPS."""
    accepted: tuple[Publication, ...] = ()
    """Further publishers, while the issuer changes: AWS and the API servers accept tokens of their issuers as well."""

    @property
    def publications(self) -> tuple[Publication, ...]:
        """Every publisher in use; the issuer of the first signs."""
        return (self.publish, *self.accepted)

    def _rules(self) -> Iterator[Problem]:
        used = self.publications
        if len({*used}) < len(used):
            allowed = "each publisher once, and not the one of publish"
            yield Problem(("accepted",), ", ".join(self.accepted), allowed, "remove the repetition")
        if "url" in used and self.url is None:
            served = "<url>/.well-known/openid-configuration and <url>/openid/v1/jwks"
            yield Problem(("url",), "nothing", "https://…, with publish: url", f"name the URL; you serve {served}")
        if "url" not in used and self.url is not None:
            remedy = "set publish: url, or remove issuer.url"
            yield Problem(("publish",), repr(self.publish), "url, where issuer.url is given", remedy)
        # IAM takes neither a port nor a query (CreateOpenIDConnectProvider, Url).
        if self.url is not None and not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w.~-]+)*", self.url):
            allowed = "https://host/path without port, query and trailing slash"
            yield Problem(("url",), repr(self.url), allowed, "write it as https://host or https://host/path")


def publication_problems(issuer: IssuerSpec, region: str, path: Path = ("issuer",)) -> Iterator[Problem]:
    """Find a distribution outside the partition `aws`.

    CloudFront has no endpoint in aws-us-gov (botocore's endpoints.json), and in aws-cn the default name of a
    distribution does not serve: it needs a domain with an ICP recordal and a certificate in IAM.
    """
    for field in ("publish", "accepted"):
        if "cloudfront" in ([issuer.publish] if field == "publish" else issuer.accepted) and partition(region) != "aws":
            remedy = "set issuer.publish: bucket, or publish: url with issuer.url"
            yield Problem((*path, field), "cloudfront", f"bucket or url in {partition(region)}", remedy)
