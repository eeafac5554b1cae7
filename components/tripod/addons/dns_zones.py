"""Which zone names of services are written in, and which names in it are not ours."""

from dataclasses import dataclass
from typing import Any

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.spec import AddOnsSpec
from tripod.core.problems import camel_case
from tripod.dns.domains import within


@dataclass(frozen=True)
class Zone:
    """A zone that external-dns writes in.

    Attributes:
        name: its domain.
        id: its id; may be unknown.
        excluded: names in it that are left alone, and names within them.
    """

    name: str
    id: Any
    excluded: tuple[str, ...]


def public_zone(spec: AddOnsSpec) -> Zone | None:
    """The zone that the Internet reads, where there is one.

    The private zone may lie within its domain: names there are no public ones.
    """
    public, private = spec.zones.public, spec.zones.private
    if public is None:
        return None
    hidden = (private.name,) if private and within(private.name, public.name) else ()
    return Zone(public.name, public.id, (*_excluded(spec, public.name), *hidden))


def private_zone(spec: AddOnsSpec, cluster: ClusterFacts) -> Zone | None:
    """The zone that the VPC alone reads: a given one, or the cluster's own, where there is either."""
    given = spec.zones.private
    if given is not None:
        return Zone(given.name, given.id, _excluded(spec, given.name))
    name, zone_id = cluster.internal_zone, cluster.internal_zone_id
    if not name or zone_id == "":
        return None
    # The API's name is there, too, and databases': external-dns touches no name that it did not write.
    return Zone(name, zone_id, _excluded(spec, name))


def certified_zone(spec: AddOnsSpec) -> Zone | None:
    """The public zone, where there is somebody who gets certificates for it."""
    missing = {camel_case("cert_manager"), "issuers"} & set(spec.without)
    return None if missing else public_zone(spec)


def _excluded(spec: AddOnsSpec, zone: str) -> tuple[str, ...]:
    return tuple(name for name in spec.zones.excluded if within(name, zone))
