"""Issuer settings."""

from collections.abc import Iterator

from tripod.core.problems import Problem
from tripod.core.spec import Spec


class IssuerSpec(Spec):
    """OIDC issuer for service accounts (IRSA)."""

    url: str | None = None
    """URL of an issuer of your own that serves the two documents over HTTPS; by default a bucket of the cluster."""

    def _rules(self) -> Iterator[Problem]:
        if self.url is not None and (not self.url.startswith("https://") or self.url.endswith("/")):
            yield Problem(("url",), repr(self.url), "https://… without a trailing slash", "correct the address")
