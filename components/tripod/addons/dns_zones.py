"""DNS zones that external-dns writes in, and names in them that it leaves alone."""

from dataclasses import dataclass

import pulumi

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
        excluded: names in it that external-dns leaves alone, and names within them.
    """

    name: str
    id: pulumi.Input[str]
    excluded: tuple[str, ...]


def public_zone(spec: AddOnsSpec) -> Zone | None:
    """The public hosted zone, if there is one.

    The private zone may be within its domain: names there are not public.
    """
    public, private = spec.zones.public, spec.zones.private
    if public is None:
        return None
    hidden = (private.name,) if private and within(private.name, public.name) else ()
    return Zone(public.name, public.id, (*_excluded(spec, public.name), *hidden))


def private_zone(spec: AddOnsSpec, cluster: ClusterFacts) -> Zone | None:
    """The private hosted zone: the one of the settings, else the cluster's own, else None."""
    given = spec.zones.private
    name, zone_id = (given.name, given.id) if given else (cluster.internal_zone, cluster.internal_zone_id)
    if not name or zone_id == "":
        return None
    # The cluster's own has the API's name too. external-dns leaves names that others wrote alone; but its role could
    # write them, and a name that is gone for a moment would be free.
    reserved = tuple(one for one in cluster.reserved_names if within(one, name))
    return Zone(name, zone_id, (*_excluded(spec, name), *reserved))


def certificate_zone(spec: AddOnsSpec) -> Zone | None:
    """The public zone, if cert-manager and its issuers are installed."""
    missing = {camel_case("cert_manager"), "issuers"} & set(spec.without)
    return None if missing else public_zone(spec)


def _excluded(spec: AddOnsSpec, zone: str) -> tuple[str, ...]:
    return tuple(name for name in spec.zones.excluded if within(name, zone))
