"""Record sets of a name that moves: what there is, and batches of changes.

A change of Route 53 takes away exactly what was read and puts the new in its place, in one batch: it is done as a whole
or not at all, and refused where somebody else changed the name meanwhile. When a share began is noted in a TXT record
beside the name, in the same batch: no run that stops half-way leaves weights without their time, whoever may move the
weights may write the time, and there is no second service to ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tripod.dns.weights import Weights

RecordSet = Mapping[str, Any]
"""A record set as Route 53 has it."""

Change = dict[str, Any]
"""A change in a batch, as Route 53 takes it."""

OLD, NEW = "old", "new"
"""Set identifiers of the two sides."""

_KINDS = ("A", "CNAME")
_ELSEWHERE = ("AAAA", "HTTPS", "SVCB")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MARK = "tripod-cutover"


def note_name(host: str) -> str:
    """Where the times of a cut-over are noted."""
    return f"_{_MARK}.{host}"


@dataclass(frozen=True)
class Note:
    """What cannot be seen of record sets: since when they are so.

    Attributes:
        share: the share that was set last; None before there are weights.
        since: when.
        ttl: the TTL before it was lowered, in seconds; None where it was not.
        lowered: when it was lowered.
    """

    share: int | None = None
    since: datetime | None = None
    ttl: int | None = None
    lowered: datetime | None = None

    def text(self) -> str:
        """The note as a TXT record has it, in quotes."""
        parts = [_MARK]
        if self.share is not None and self.since is not None:
            parts += [f"share={self.share}", f"since={self.since.astimezone(UTC):{_TIME}}"]
        if self.ttl is not None and self.lowered is not None:
            parts += [f"ttl={self.ttl}", f"lowered={self.lowered.astimezone(UTC):{_TIME}}"]
        return f'"{" ".join(parts)}"'

    @classmethod
    def read(cls, text: str) -> "Note":
        """A note from a TXT record; what it does not understand is as if it were not there."""
        pairs = dict(part.split("=", 1) for part in text.strip('"').split() if "=" in part)
        share, ttl = _number(pairs.get("share")), _number(pairs.get("ttl"))
        return cls(share, _moment(pairs.get("since")), ttl, _moment(pairs.get("lowered")))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class ObservedRecords:
    """What Route 53 has of a name.

    Attributes:
        simple: its record without weights.
        old: the old side's record.
        new: the new side's record.
        foreign: other records that lead somewhere by the same name, as people would call them.
        note: what is noted.
        note_record: the record that it was read from.
    """

    simple: RecordSet | None = None
    old: RecordSet | None = None
    new: RecordSet | None = None
    foreign: tuple[str, ...] = ()
    note: Note = Note()
    note_record: RecordSet | None = None

    @property
    def weights(self) -> Weights | None:
        """The weights, where both sides have one."""
        if self.old is None or self.new is None:
            return None
        return Weights(int(self.old["Weight"]), int(self.new["Weight"]))

    @property
    def share(self) -> int | None:
        """The new side's share in percent; None where there are no weights, or none that has any."""
        return self.weights.share if self.weights else None


def seen(host: str, record_sets: Iterable[RecordSet]) -> ObservedRecords:
    """What there is of a name, among record sets of its zone."""
    found = ObservedRecords()
    foreign: list[str] = []
    for record in record_sets:
        name, kind, identifier = plain_name(record["Name"]), record["Type"], record.get("SetIdentifier")
        if name == note_name(host) and kind == "TXT":
            found = replace(found, note=Note.read(record["ResourceRecords"][0]["Value"]), note_record=record)
        elif name != host or kind not in (*_KINDS, *_ELSEWHERE):
            continue
        elif kind in _KINDS and identifier is None:
            found = replace(found, simple=record)
        elif kind in _KINDS and identifier == OLD and "Weight" in record:
            found = replace(found, old=record)
        elif kind in _KINDS and identifier == NEW and "Weight" in record:
            found = replace(found, new=record)
        else:
            foreign.append(f"{kind} {identifier}" if identifier else kind)
    return replace(found, foreign=tuple(foreign))


def plain_name(name: str) -> str:
    """A DNS name without its final dot, in lower case."""
    return name.rstrip(".").lower()


def target_of(record: RecordSet) -> str:
    """Where a record leads: a DNS name, or what else stands in it."""
    if "AliasTarget" in record:
        return plain_name(record["AliasTarget"]["DNSName"])
    return ", ".join(plain_name(value["Value"]) for value in record.get("ResourceRecords", []))


def alias_zone_of(record: RecordSet) -> str | None:
    """The hosted zone of an alias' target; None of another record."""
    return record["AliasTarget"]["HostedZoneId"] if "AliasTarget" in record else None


def ttl_of(record: RecordSet) -> int | None:
    """A record's TTL in seconds; None of an alias, whose TTL is AWS'."""
    return None if "AliasTarget" in record else int(record["TTL"])


def with_ttl(record: RecordSet, ttl: int) -> dict[str, Any]:
    """A record with another TTL; an alias stays as it is."""
    return dict(record) if "AliasTarget" in record else {**record, "TTL": ttl}


def with_weight(record: RecordSet, weight: int) -> dict[str, Any]:
    """A record with another weight."""
    return {**record, "Weight": weight}


def swap(before: RecordSet | None, after: RecordSet | None) -> list[Change]:
    """Changes that put one record in the place of another, and fail where the first is no longer what it was."""
    taken: Sequence[tuple[str, RecordSet | None]] = (("DELETE", before), ("CREATE", after))
    if before == after:
        return []
    return [{"Action": action, "ResourceRecordSet": dict(record)} for action, record in taken if record is not None]


def noted(host: str, ttl: int, before: RecordSet | None, note: Note | None) -> list[Change]:
    """Changes that write a note, or with None take it away."""
    after = note and {
        "Name": f"{note_name(host)}.",
        "Type": "TXT",
        "TTL": ttl,
        "ResourceRecords": [{"Value": note.text()}],
    }
    return swap(before, after or None)
