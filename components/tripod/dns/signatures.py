"""Signatures of external-dns: a TXT record beside each name that it makes, with the id of its owner.

The chart's values are made of these definitions, and `tripod delete` searches by them. The form is external-dns 0.21's:
`registry/mapper/mapper.go` (ToTXTName) and `registry/txt/registry.go` (generateTXTRecord).
"""

import re
from collections.abc import Iterator

DNS_KINDS = ("public", "private")
"""The kinds of zones that a cluster's external-dns works in; each kind has an external-dns of its own."""

TXT_PREFIX = "_external-dns.%{record_type}."
"""Prefix of signatures. No host has an underscore, so that they never collide with names.

The record's type is a label. Without it in the prefix, external-dns puts the type before the name's first label, and
the signature of a zone's own name (`cname-example.com`) falls outside the zone.
"""

TXT_WILDCARD = "_any"
"""Replacement of the asterisk in a wildcard's signature. No host is named so."""

_SIGNATURE = re.compile(r"_external-dns\.(?P<type>a|aaaa|cname)(?P<joint>[.-])(?P<name>.+)")
"""Such as `_external-dns.cname.web.example.com`; of earlier releases `_external-dns.cname-web.example.com`."""


def dns_owner(cluster: str, kind: str) -> str:
    """The owner's id by which external-dns signs the names that it makes.

    Its end is the kind, so that the ids of two clusters are never equal.

    Args:
        cluster: the cluster's name.
        kind: one of DNS_KINDS.
    """
    return f"{cluster}-{kind}"


def signed_records(signature: str) -> Iterator[tuple[str, str]]:
    """The names and types of the records that a signature may be for; none if it is no signature of our prefix.

    Args:
        signature: the TXT record's name.
    """
    found = _SIGNATURE.fullmatch(signature)
    if found is None:
        return
    first, _, rest = found["name"].partition(".")
    names = [f"*.{rest}" if first == TXT_WILDCARD else found["name"]]
    if found["joint"] == "-" and first == "any":
        # An earlier release's replacement of the asterisk.
        names.append(f"*.{rest}")
    for name in names:
        yield name, found["type"].upper()
        if found["type"] == "cname":
            # An alias of type A is signed as a CNAME; one of type AAAA as what it is.
            yield name, "A"
