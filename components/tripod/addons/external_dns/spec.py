"""Settings of external-dns and its hosted zones."""

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
    """Its id; the IAM role allows writes in this zone alone."""

    def _rules(self) -> Iterator[Problem]:
        yield from domain_problems(self.name, ("name",))
        if not re.fullmatch(r"Z[A-Z0-9]{1,31}", self.id):
            yield Problem(("id",), repr(self.id), "a zone's id such as Z0123456789ABCDEFGHIJ", "correct the id")


class ZonesSpec(Spec):
    """Hosted zones for names of services."""

    public: HostedZoneSpec | None = None
    """The public zone. Without it no service has a public name or a certificate."""
    private: HostedZoneSpec | None = None
    """The private zone; by default the cluster's own, which has the API's name too."""
    excluded: tuple[str, ...] = ()
    """Names, with all names within them, that no add-on writes, such as those of a cut-over."""

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
    """DNS records of services in one zone."""

    policy: Literal["sync", "upsert-only"] = "sync"
    """With sync, a name is deleted with its service. Names that others wrote are never changed."""
