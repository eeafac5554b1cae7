"""Issuer settings."""

from collections.abc import Iterator

from tripod.core.problems import Problem
from tripod.core.spec import Spec


class IssuerSpec(Spec):
    """Who vouches for service accounts towards AWS."""

    url: str | None = None
    """An issuer of your own, which serves the two documents over HTTPS; by default a bucket of the cluster's."""

    def _rules(self) -> Iterator[Problem]:
        if self.url is not None and (not self.url.startswith("https://") or self.url.endswith("/")):
            yield Problem(("url",), repr(self.url), "https://… without a slash at its end", "correct the address")
