"""How the cluster is entered, and by which names: zones, the one load balancer, records, certificates."""

import re
from collections.abc import Iterator
from typing import Literal

from tripod.addons.spec.cluster import replica_problems
from tripod.addons.spec.common import AddOnSpec, ReleaseSpec
from tripod.dns.names import DOMAIN, domain_problems, within
from tripod.network.ranges import range_problem
from tripod.problems import Problem
from tripod.specs import Spec, Whole


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


class IngressSpec(ReleaseSpec):
    """The one way in, with the one load balancer, for everything that the cluster serves."""

    kind: Literal["ingress-nginx", "gateway"] = "ingress-nginx"
    """What stands behind the load balancer. ingress-nginx gets no releases since March 2026; gateway is Cilium's."""
    replicas: Whole = 2
    """Replicas of ingress-nginx, spread over zones. A gateway runs on every node."""
    internal: bool = False
    """Whether the load balancer is reached from the VPC alone."""
    source_ranges: tuple[str, ...] = ("0.0.0.0/0",)
    """Who may connect."""
    proxy_protocol: bool = True
    """Whether clients' addresses travel by PROXY protocol. It is set on both ends: load balancer and proxy."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)
        if not self.source_ranges:
            yield Problem(("source_ranges",), "none", "a range or more", "say who may connect; [] would be everybody")
        for position, text in enumerate(self.source_ranges):
            found = range_problem(text, ("source_ranges", position))
            if found:
                yield found


class GatewayApiSpec(ReleaseSpec):
    """The kinds of the Gateway API; installed where ingress.kind is gateway."""


class ExternalDnsSpec(ReleaseSpec):
    """Names of services in one zone, written as services come and go."""

    policy: Literal["sync", "upsert-only"] = "sync"
    """Whether a name goes with its service. Names that others wrote are never touched."""


class CertManagerSpec(ReleaseSpec):
    """What gets certificates and keeps them valid."""

    replicas: Whole = 2
    """Replicas of its controller, webhook and injector, spread over zones."""

    def _rules(self) -> Iterator[Problem]:
        yield from replica_problems(self.replicas)


class IssuersSpec(AddOnSpec):
    """Whom certificates come from: Let's Encrypt, and outside production its staging, which no browser trusts."""

    email: str | None = None
    """Whom Let's Encrypt may write to."""

    def _rules(self) -> Iterator[Problem]:
        if self.email is not None and not re.fullmatch(rf"[^@\s]+@{DOMAIN}", self.email):
            yield Problem(("email",), repr(self.email), "an address such as ops@example.com", "correct it")
