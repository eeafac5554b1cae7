"""DNS names that external-dns made for a cluster. It signs each by a TXT record beside it, with its owner's id."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tripod.core.naming import DNS_KINDS, dns_owner
from tripod.operations.inventory import ClusterInventory, Described

_SIGNED = re.compile(r'"heritage=external-dns,external-dns/owner=(?P<owner>[^,"]+)[,"]')
_TYPED = re.compile(r"^(?P<type>a|aaaa|cname|ns|srv|mx)-(?P<name>.+)$")
"""external-dns puts the type of what it signs before the name; older releases do not."""

_POINTING = {"A", "AAAA", "CNAME"}


@dataclass(frozen=True)
class DnsName:
    """A record that external-dns made, or its signature.

    Attributes:
        zone: the zone's id.
        name: the record's name, with the dot at its end.
        type: its type.
        described: the record as Route53 describes it, which is how it is deleted.
    """

    zone: str
    name: str
    type: str
    described: Described


def dns_names(inventory: ClusterInventory) -> list[DnsName]:
    """Every record that one of the cluster's external-dns signed, with its signature, in any zone of the account."""
    owners = {dns_owner(inventory.cluster, kind) for kind in DNS_KINDS}
    zones = inventory.pages("route53", "list_hosted_zones", "HostedZones")
    return [found for zone in zones for found in _signed(inventory, zone["Id"].rsplit("/", 1)[1], owners)]


def _signed(inventory: ClusterInventory, zone: str, owners: set[str]) -> Iterator[DnsName]:
    records = inventory.pages("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)
    for one in signed_by(records, owners):
        yield DnsName(zone, one["Name"], one["Type"], one)


def signed_by(records: Sequence[Described], owners: set[str]) -> list[Described]:
    """The records that are signed by one of these owners, and their signatures.

    Args:
        records: the records of a zone.
        owners: ids of owners.
    """
    signatures = [one for one in records if one["Type"] == "TXT" and _owner(one) in owners]
    meant = {wanted for one in signatures for wanted in _meant(one["Name"])}
    return [one for one in records if (one["Name"], one["Type"]) in meant] + signatures


def _owner(record: Described) -> str:
    values: list[Described] = record.get("ResourceRecords", [])
    found = [_SIGNED.search(one["Value"]) for one in values]
    return next((one["owner"] for one in found if one), "")


def _meant(name: str) -> Iterator[tuple[str, str]]:
    """Name and type of the records that a signature of this name is for."""
    typed = _TYPED.match(name)
    if typed and typed["type"].upper() in _POINTING:
        yield typed["name"], typed["type"].upper()
        # An alias is a record of type A whose target is a name.
        if typed["type"] == "cname":
            yield typed["name"], "A"
    else:
        for type_ in _POINTING:
            yield name, type_


def delete_names(inventory: ClusterInventory, names: Sequence[DnsName]) -> None:
    """Delete records, each with the values that were read: one that has changed since stays, with an error."""
    for one in names:
        change = {"Action": "DELETE", "ResourceRecordSet": dict(one.described)}
        inventory.client("route53").change_resource_record_sets(
            HostedZoneId=one.zone, ChangeBatch={"Changes": [change]}
        )
