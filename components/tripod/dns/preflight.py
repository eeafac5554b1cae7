"""Preflight of a cut-over: the name's records in Route 53, before new ones are declared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.problems import Problem
from tripod.dns.records import ObservedRecords, RecordSet, observed_records, target_of
from tripod.dns.spec import CutoverSpec


def look_up_records(spec: CutoverSpec, opts: pulumi.InvokeOptions) -> ObservedRecords | None:
    """Look up the name's records in Route 53.

    Args:
        spec: the cut-over.
        opts: the provider for the lookup.

    Returns:
        None if there is no answer: `tripod plan` does not call AWS.
    """
    pattern = rf"^{re.escape(spec.host)}\.?$"
    found = aws.route53.get_records(zone_id=spec.zone_id, name_regex=pattern, opts=opts)
    sets: Any = found.resource_record_sets
    return None if sets is None else observed_records(spec.host, [_record_set(one) for one in sets])


def _record_set(found: object) -> RecordSet:
    """Convert a record set of the SDK to that of Route 53's API: name, type, weight and target."""
    record: JsonObject = {"Name": _read(found, "name"), "Type": _read(found, "type")}
    if identifier := _read(found, "set_identifier"):
        record |= {"SetIdentifier": identifier}
        # A record with an identifier and no weight has another routing policy, which is omitted.
        if not any(_read(found, other) for other in ("region", "failover", "geolocation", "multi_value_answer")):
            record |= {"Weight": int(_read(found, "weight") or 0)}
    if alias := _read(found, "alias_target"):
        record |= {"AliasTarget": {"DNSName": _read(alias, "dns_name")}}
    values: list[Any] = _read(found, "resource_records") or []
    return record | {"ResourceRecords": [{"Value": _read(value, "value")} for value in values]}


def _read(found: object, name: str) -> Any:
    """Read an attribute of an answer: a mapping, or one of the SDK's objects."""
    return cast("JsonMapping", found).get(name) if isinstance(found, Mapping) else getattr(found, name)


def record_problems(spec: CutoverSpec, found: ObservedRecords) -> Iterator[Problem]:
    """Find reasons why the records of a stage cannot be declared now.

    Args:
        spec: the cut-over.
        found: the name's records in Route 53.
    """
    command = f"tripod cutover STACK {spec.name}"
    if spec.stage == "test" and found.new is not None:
        yield Problem(
            ("stage",),
            f"'test' while {spec.host} has weights",
            "weights, or finished",
            f"set weights; `{command} back` sends all traffic to the old side",
        )
    if spec.stage == "weights" and found.simple is not None:
        yield Problem(
            ("stage",),
            f"'weights' while {spec.host} is one record, to {target_of(found.simple)}",
            "weights once the name has them: Route 53 refuses a weighted record beside a simple one",
            f"run `{command} start` first",
        )
    if spec.stage == "finished" and found.old is not None:
        yield Problem(
            ("stage",),
            f"'finished' while the old side of {spec.host} has weight {found.old['Weight']}",
            "finished once there is no old side",
            f"run `{command} finish` first: it checks whether the old side may be deleted",
        )
