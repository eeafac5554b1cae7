"""Settings of the egress probe."""

import re
from collections.abc import Iterator

from tripod.addons.framework.spec import AddOnSpec
from tripod.core.patterns import DOMAIN
from tripod.core.problems import Problem


class EgressProbeSpec(AddOnSpec):
    """A job that checks, once for each version, that pods reach DNS, AWS and the API."""

    hosts: tuple[str, ...] = ()
    """Further hosts that pods must reach over HTTPS."""

    def _rules(self) -> Iterator[Problem]:
        for position, host in enumerate(self.hosts):
            if not re.fullmatch(DOMAIN, host):
                yield Problem(
                    ("hosts", position), repr(host), "a host's full name", "write it without https:// or port"
                )
