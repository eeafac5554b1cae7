"""A valid cut-over, and record sets of Route 53's API."""

from typing import Any

from tripod.dns.records import NEW, OLD, Note, note_name
from tripod.dns.spec import CutoverSpec

HOST, TEST_HOST = "shop.example.com", "shop-test.example.com"
OLD_SIDE, NEW_SIDE = "legacy.us-west-2.elb.amazonaws.com", "k8s-ingress.elb.us-west-2.amazonaws.com"

CUTOVER: dict[str, Any] = {
    "name": "shop",
    "host": HOST,
    "zone": "example.com",
    "zoneId": "Z0EXAMPLE",
    "testHost": TEST_HOST,
    "old": {"dnsName": OLD_SIDE},
    "new": {"dnsName": NEW_SIDE},
    "steps": [10, 50, 100],
    "holdMinutes": 60,
}
OLD_ALIAS = {"dnsName": OLD_SIDE, "hostedZoneId": "Z1OLD"}
NEW_ALIAS = {"dnsName": NEW_SIDE, "hostedZoneId": "Z2NEW"}


def cutover(**changes: Any) -> CutoverSpec:
    return CutoverSpec.load({**CUTOVER, **changes})


def simple(target: str = OLD_SIDE, ttl: int = 60) -> dict[str, Any]:
    return {"Name": f"{HOST}.", "Type": "CNAME", "TTL": ttl, "ResourceRecords": [{"Value": target}]}


def alias(target: str = OLD_SIDE, zone: str = "Z1OLD") -> dict[str, Any]:
    alias_target = {"HostedZoneId": zone, "DNSName": f"{target}.", "EvaluateTargetHealth": False}
    return {"Name": f"{HOST}.", "Type": "A", "AliasTarget": alias_target}


def side(identifier: str, weight: int, ttl: int = 60) -> dict[str, Any]:
    target = {OLD: OLD_SIDE, NEW: NEW_SIDE}[identifier]
    return {**simple(target, ttl), "SetIdentifier": identifier, "Weight": weight}


def pair(share: int, ttl: int = 60) -> list[dict[str, Any]]:
    return [side(OLD, 100 - share, ttl), side(NEW, share, ttl)]


def note_record(note: Note) -> dict[str, Any]:
    name = f"{note_name(HOST)}."
    return {"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": note.text()}]}
