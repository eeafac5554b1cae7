"""Batches of changes to record sets, as Route 53 makes them."""

from collections.abc import Iterable, Mapping
from typing import cast

from moto.route53.exceptions import DnsNameInvalidForZone, InvalidActionValue, Route53ClientError
from moto.route53.models import FakeZone, RecordSet

from tripod.core.json_types import JsonMapping

Key = tuple[str, str | None, str | None]

_POLICIES = ("weight", "region", "failover", "geo_location", "multi_value_answer")


class RefusedBatchError(Route53ClientError):
    """A batch that is not made."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidChangeBatch", message)


def change_records(zone: FakeZone, changes: Iterable[JsonMapping]) -> None:
    """Make a batch of changes: all of them or none.

    A record is identified by its name, type and set identifier; what is deleted must be exactly what there is; records
    that share a name and type have all a policy of one kind or none; a CNAME shares its name with nothing else.

    Args:
        zone: the zone, as moto has it.
        changes: the changes, as Route 53 takes them.

    Raises:
        RefusedBatchError: one of the changes cannot be made.
    """
    sets: dict[Key, RecordSet] = {_key(one): one for one in zone.rrsets}
    for change in changes:
        action, given = change["Action"], _read(change["ResourceRecordSet"])
        if not given.name.rstrip(".").endswith(zone.name.rstrip(".")):
            raise DnsNameInvalidForZone(name=given.name, zone_name=zone.name)
        if action not in ("CREATE", "UPSERT", "DELETE"):
            raise InvalidActionValue(action)
        key = _key(given)
        if action == "CREATE" and key in sets:
            raise RefusedBatchError(_refusal("create", given, "it already exists"))
        if action == "DELETE":
            there = sets.pop(key, None)
            if there is None:
                raise RefusedBatchError(_refusal("delete", given, "it was not found"))
            if _content(there) != _content(given):
                raise RefusedBatchError(
                    _refusal("delete", given, "the values provided do not match the current values")
                )
        else:
            sets[key] = given
            _refuse_neighbours(given, sets.values())
    zone.rrsets = list(sets.values())


def _read(wanted: JsonMapping) -> RecordSet:
    """A record as moto keeps it."""
    listed: list[Mapping[str, str]] = wanted.get("ResourceRecords") or []
    values = [one["Value"] for one in listed]
    name = wanted["Name"] if wanted["Name"].endswith(".") else f"{wanted['Name']}."
    return cast("RecordSet", RecordSet({**wanted, "Name": name, "ResourceRecords": values}))


def _refuse_neighbours(given: RecordSet, there: Iterable[RecordSet]) -> None:
    for one in there:
        if one.name != given.name:
            continue
        if one.type == given.type and _policy(one) != _policy(given):
            raise RefusedBatchError(_refusal("create", given, "another record of its name and type has another policy"))
        if one.type != given.type and "CNAME" in (one.type, given.type):
            raise RefusedBatchError(_refusal("create", given, "a CNAME shares its name with no other type"))


def _key(record: RecordSet) -> Key:
    return record.name.lower(), record.type, record.set_identifier


def _policy(record: RecordSet) -> str | None:
    return next((name for name in _POLICIES if getattr(record, name) is not None), None)


def _content(record: RecordSet) -> tuple[object, ...]:
    """All that Route 53 compares before it deletes; numbers come as text from some clients."""
    alias: JsonMapping = record.alias_target or {}
    target = (alias.get("HostedZoneId"), str(alias.get("DNSName", "")).rstrip("."), alias.get("EvaluateTargetHealth"))
    numbers = tuple(None if value is None else int(value) for value in (record.ttl, record.weight))
    return (tuple(record.records or ()), target, numbers, record.health_check_id)


def _refusal(act: str, record: RecordSet, why: str) -> str:
    identifier = f", set {record.set_identifier}" if record.set_identifier else ""
    return f"Tried to {act} the record {record.name} of type {record.type}{identifier}, but {why}"
