"""Settings of cert-manager and its issuers."""

import re
from collections.abc import Iterator

from tripod.addons.framework.spec import AddOnSpec, ReleaseSpec, replica_problems
from tripod.core.patterns import DOMAIN
from tripod.core.problems import Problem
from tripod.core.spec import Whole


class CertManagerSpec(ReleaseSpec):
    """cert-manager: issues and renews certificates."""

    replicas: Whole = 2
    """Replicas of its controller, webhook and injector, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)


class IssuersSpec(AddOnSpec):
    """ACME issuer: Let's Encrypt; outside production its staging environment, which no browser trusts."""

    email: str | None = None
    """Contact address of the Let's Encrypt account."""

    def _rules(self) -> Iterator[Problem]:
        if self.email is not None and not re.fullmatch(rf"[^@\s]+@{DOMAIN}", self.email):
            yield Problem(("email",), repr(self.email), "an address such as ops@example.com", "correct it")
