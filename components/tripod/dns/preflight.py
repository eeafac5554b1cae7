"""What Route 53 has of a name that is to move, looked at before its records are declared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from tripod.core.problems import Problem
from tripod.dns.records import ObservedRecords, RecordSet, seen, target_of
from tripod.dns.spec import CutoverSpec


def look_up_name(spec: CutoverSpec, opts: pulumi.InvokeOptions) -> ObservedRecords | None:
    """Ask Route 53 what leads where.

    Args:
        spec: the cut-over.
        opts: whose credentials ask.

    Returns:
        None where nobody answers: `tripod plan` asks no AWS.
    """
    pattern = rf"^{re.escape(spec.host)}\.?$"
    found = aws.route53.get_records(zone_id=spec.zone_id, name_regex=pattern, opts=opts)
    sets: Any = found.resource_record_sets
    return None if sets is None else seen(spec.host, [_as_route53_has_it(one) for one in sets])


def _as_route53_has_it(found: Any) -> RecordSet:
    """A record set as Route 53's own API has it, of what can be judged: name, type, weight and target."""
    record: dict[str, Any] = {"Name": _read(found, "name"), "Type": _read(found, "type")}
    if identifier := _read(found, "set_identifier"):
        record |= {"SetIdentifier": identifier}
        # Where a record has no weight but an identifier, it is of another policy, whose part is left out.
        if not any(_read(found, other) for other in ("region", "failover", "geolocation", "multi_value_answer")):
            record |= {"Weight": int(_read(found, "weight") or 0)}
    if alias := _read(found, "alias_target"):
        record |= {"AliasTarget": {"DNSName": _read(alias, "dns_name")}}
    values: list[Any] = _read(found, "resource_records") or []
    return record | {"ResourceRecords": [{"Value": _read(value, "value")} for value in values]}


def _read(found: Any, name: str) -> Any:
    """A part of an answer: a mapping, or one of the SDK's objects."""
    return found.get(name) if isinstance(found, Mapping) else getattr(found, name)  # pyright: ignore


def unfit_name(spec: CutoverSpec, found: ObservedRecords) -> Iterator[Problem]:
    """Why the records of a stage cannot be declared now.

    Args:
        spec: the cut-over.
        found: what Route 53 has.
    """
    command = f"tripod cutover STACK {spec.name}"
    if spec.stage == "test" and found.new is not None:
        yield Problem(
            ("stage",),
            f"'test' while {spec.host} has weights",
            "weights, or finished",
            f"set weights; `{command} back` gives everything to the old side",
        )
    if spec.stage == "weights" and found.simple is not None:
        yield Problem(
            ("stage",),
            f"'weights' while {spec.host} is one record, to {target_of(found.simple)}",
            "weights once the name has them: Route 53 takes no weight beside a record without",
            f"run `{command} start` first",
        )
    if spec.stage == "finished" and found.old is not None:
        yield Problem(
            ("stage",),
            f"'finished' while the old side of {spec.host} has weight {found.old['Weight']}",
            "finished once there is no old side",
            f"run `{command} finish` first: it knows whether the old side may go",
        )
