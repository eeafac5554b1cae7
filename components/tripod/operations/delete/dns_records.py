"""DNS names that external-dns made for a cluster. It signs each by a TXT record beside it, with its owner's id."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tripod.dns.signatures import DNS_KINDS, dns_owner, signed_records
from tripod.operations.inventory import ClusterInventory, Described

_SIGNED = re.compile(r'"heritage=external-dns,external-dns/owner=(?P<owner>[^,"]+)[,"]')


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
        records: the records of a zone, as Route 53 lists them.
        owners: ids of owners.
    """
    signatures = [one for one in records if one["Type"] == "TXT" and _owner(one) in owners]
    meant = {wanted for one in signatures for wanted in signed_records(one["Name"])}
    # Route 53 lists an asterisk as an octal code.
    return [one for one in records if (one["Name"].replace("\\052", "*"), one["Type"]) in meant] + signatures


def _owner(record: Described) -> str:
    values: list[Described] = record.get("ResourceRecords", [])
    found = [_SIGNED.search(one["Value"]) for one in values]
    return next((one["owner"] for one in found if one), "")


def delete_names(inventory: ClusterInventory, names: Sequence[DnsName]) -> None:
    """Delete records, each with the values that were read: one that has changed since stays, with an error."""
    for one in names:
        change = {"Action": "DELETE", "ResourceRecordSet": dict(one.described)}
        inventory.client("route53").change_resource_record_sets(
            HostedZoneId=one.zone, ChangeBatch={"Changes": [change]}
        )
