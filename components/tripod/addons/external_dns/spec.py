"""Settings."""

import re
from collections.abc import Iterator
from typing import Literal

from tripod.addons.framework.spec import ReleaseSpec
from tripod.core.problems import Problem
from tripod.core.spec import Spec
from tripod.dns.domains import domain_problems, within


class HostedZoneSpec(Spec):
    """A hosted zone of Route 53."""

    name: str
    """Its domain."""
    id: str
    """Its id; add-ons may write in this zone alone."""

    def _rules(self) -> Iterator[Problem]:
        yield from domain_problems(self.name, ("name",))
        if not re.fullmatch(r"Z[A-Z0-9]{1,31}", self.id):
            yield Problem(("id",), repr(self.id), "a zone's id such as Z0123456789ABCDEFGHIJ", "correct the id")


class ZonesSpec(Spec):
    """Where names of services are written."""

    public: HostedZoneSpec | None = None
    """The zone that the Internet reads. Without it no service has a public name or a certificate."""
    private: HostedZoneSpec | None = None
    """A zone that the VPC alone reads; by default the cluster's own, which has its API's name too."""
    excluded: tuple[str, ...] = ()
    """Names that no add-on writes, such as those whose weights a cut-over moves; names within them neither."""

    def _rules(self) -> Iterator[Problem]:
        if self.public and self.private and within(self.public.name, self.private.name):
            yield Problem(
                ("private", "name"),
                repr(self.private.name),
                "a domain that the public zone is not in",
                "use another, such as internal." + self.public.name + ": it would hide the public names from the VPC",
            )
        for position, name in enumerate(self.excluded):
            yield from domain_problems(name, ("excluded", position))
            zones = [zone.name for zone in (self.public, self.private) if zone]
            if zones and not any(within(name, zone) for zone in zones):
                yield Problem(
                    ("excluded", position), repr(name), f"a name in {' or '.join(zones)}", "add-ons write in no other"
                )


class ExternalDnsSpec(ReleaseSpec):
    """Names of services in one zone, written as services come and go."""

    policy: Literal["sync", "upsert-only"] = "sync"
    """Whether a name goes with its service. Names that others wrote are never touched."""
