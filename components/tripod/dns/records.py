"""Record sets of a cut-over in Route 53, and change batches for them.

A change deletes exactly the record that was read and creates the new one, in one batch: it is done as a whole or not
at all, and refused if someone else has changed the name meanwhile. The same batch notes the time of the change in a
TXT record below the name: an interrupted run leaves no weights without their time, the permission to change weights
covers the note, and no second service is needed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.dns.weights import Weights

RecordSet = JsonMapping
"""A record set of Route 53's API."""

Change = JsonObject
"""A change in a batch of Route 53's API."""

OLD, NEW = "old", "new"
"""Set identifiers of the two sides."""

_TYPES = ("A", "CNAME")
_OTHER_TYPES = ("AAAA", "HTTPS", "SVCB")
"""Record types of a cut-over, and further ones that route a name."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NOTE = "tripod-cutover"


def note_name(host: str) -> str:
    """Name the TXT record with the times of a cut-over."""
    return f"_{_NOTE}.{host}"


@dataclass(frozen=True)
class Note:
    """Times of a cut-over, which record sets themselves do not show.

    Attributes:
        share: the last share set, in percent; None before there are weights.
        since: the time when it was set.
        ttl: the TTL before it was lowered, in seconds; None if it was not.
        lowered: the time when it was lowered.
    """

    share: int | None = None
    since: datetime | None = None
    ttl: int | None = None
    lowered: datetime | None = None

    def text(self) -> str:
        """Render the note as the value of a TXT record, in quotes."""
        parts = [_NOTE]
        if self.share is not None and self.since is not None:
            parts += [f"share={self.share}", f"since={self.since.astimezone(UTC):{_TIME}}"]
        if self.ttl is not None and self.lowered is not None:
            parts += [f"ttl={self.ttl}", f"lowered={self.lowered.astimezone(UTC):{_TIME}}"]
        return f'"{" ".join(parts)}"'

    @classmethod
    def read(cls, text: str) -> "Note":
        """Parse a note from a TXT record; unknown or invalid parts are ignored."""
        pairs = dict(part.split("=", 1) for part in text.strip('"').split() if "=" in part)
        share, ttl = _number(pairs.get("share")), _number(pairs.get("ttl"))
        return cls(share, _time(pairs.get("since")), ttl, _time(pairs.get("lowered")))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class ObservedRecords:
    """The records of a name in Route 53.

    Attributes:
        simple: its record without weights.
        old: the old side's record.
        new: the new side's record.
        unowned: descriptions of other records that route the same name.
        note: the times of the cut-over.
        note_record: the TXT record of the note.
    """

    simple: RecordSet | None = None
    old: RecordSet | None = None
    new: RecordSet | None = None
    unowned: tuple[str, ...] = ()
    note: Note = Note()
    note_record: RecordSet | None = None

    @property
    def weights(self) -> Weights | None:
        """The weights; None unless both sides have one."""
        if self.old is None or self.new is None:
            return None
        return Weights(int(self.old["Weight"]), int(self.new["Weight"]))

    @property
    def share(self) -> int | None:
        """The new side's share in percent; None without weights, or if both are 0."""
        return self.weights.share if self.weights else None


def observed_records(host: str, record_sets: Iterable[RecordSet]) -> ObservedRecords:
    """Select the records of a name among record sets of its zone."""
    found = ObservedRecords()
    unowned: list[str] = []
    for record in record_sets:
        name, type_, identifier = plain_name(record["Name"]), record["Type"], record.get("SetIdentifier")
        if name == note_name(host) and type_ == "TXT":
            found = replace(found, note=Note.read(record["ResourceRecords"][0]["Value"]), note_record=record)
        elif name != host or type_ not in (*_TYPES, *_OTHER_TYPES):
            continue
        elif type_ in _TYPES and identifier is None:
            found = replace(found, simple=record)
        elif type_ in _TYPES and identifier == OLD and "Weight" in record:
            found = replace(found, old=record)
        elif type_ in _TYPES and identifier == NEW and "Weight" in record:
            found = replace(found, new=record)
        else:
            unowned.append(f"{type_} {identifier}" if identifier else type_)
    return replace(found, unowned=tuple(unowned))


def plain_name(name: str) -> str:
    """Normalise a DNS name: lower case, without its final dot."""
    return name.rstrip(".").lower()


def target_of(record: RecordSet) -> str:
    """Return a record's target: a DNS name, or its values joined by commas."""
    if "AliasTarget" in record:
        return plain_name(record["AliasTarget"]["DNSName"])
    return ", ".join(plain_name(value["Value"]) for value in record.get("ResourceRecords", []))


def alias_zone_of(record: RecordSet) -> str | None:
    """Return the hosted zone of an alias' target; None for other records."""
    return record["AliasTarget"]["HostedZoneId"] if "AliasTarget" in record else None


def ttl_of(record: RecordSet) -> int | None:
    """Return a record's TTL in seconds; None for an alias, whose TTL AWS sets."""
    return None if "AliasTarget" in record else int(record["TTL"])


def with_ttl(record: RecordSet, ttl: int) -> RecordSet:
    """Copy a record with another TTL; an alias is unchanged."""
    return record if "AliasTarget" in record else {**record, "TTL": ttl}


def with_weight(record: RecordSet, weight: int) -> RecordSet:
    """Copy a record with another weight."""
    return {**record, "Weight": weight}


def swap(before: RecordSet | None, after: RecordSet | None) -> list[Change]:
    """Build changes that replace a record. Route 53 refuses them if it has changed since it was read."""
    steps: Sequence[tuple[str, RecordSet | None]] = (("DELETE", before), ("CREATE", after))
    if before == after:
        return []
    return [{"Action": action, "ResourceRecordSet": dict(record)} for action, record in steps if record is not None]


def note_changes(host: str, ttl: int, before: RecordSet | None, note: Note | None) -> list[Change]:
    """Build changes that write a note, or with None delete it."""
    after = note and {
        "Name": f"{note_name(host)}.",
        "Type": "TXT",
        "TTL": ttl,
        "ResourceRecords": [{"Value": note.text()}],
    }
    return swap(before, after or None)
