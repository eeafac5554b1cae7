"""Rules about the content of objects: no secret in clear, no database address, no name that points at an address."""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any, cast

from support.add_ons.manifest_rules.policy import (
    Object,
    PolicyContext,
    every_container,
    listed,
    path_of,
    pod_of,
    problem,
    section,
)
from tripod.core.problems import Problem

_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d/]|\.\d)")
_SECRET_NAME = re.compile(r"(passw(or)?d|secret|token|(api|access|private|license|ingestion)[-_]?key)$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b"
    r"|\b(?:password|passwd|api_?key)\s*[:=]\s*[\"']?[^\s\"'${<*%]{4,}",
    re.IGNORECASE,
)
_TARGET = "external-dns.alpha.kubernetes.io/target"


def content_problems(one: Object, context: PolicyContext) -> Iterator[Problem]:
    """Find broken content rules of an object.

    Args:
        one: the object.
        context: settings of the rules.
    """
    place = path_of(one)
    yield from _secret_problems(place, one)
    yield from _name_problems(place, one)
    for text in _texts(one):
        for address in _ADDRESS.findall(text):
            if _within(address, context.databases):
                yield problem(place, "address", address, "a database's name", "use the name: AWS changes addresses")


def _secret_problems(place: str, one: Object) -> Iterator[Problem]:
    """Find secrets in clear. A value is never shown: it may be a secret."""
    remedy = "keep it in a Secret and refer to that"
    for container in every_container(pod_of(one) or {}):
        for variable in listed(container, "env"):
            value = str(variable.get("value") or "")
            named = _SECRET_NAME.search(variable["name"]) and value and not _harmless(value)
            if named or _SECRET_TEXT.search(value):
                yield problem(f"{place}/{container['name']}", "env", variable["name"], "no secret in clear", remedy)
    if one["kind"] == "ConfigMap":
        for key, value in section(one, "data").items():
            text = str(value or "")
            if _SECRET_TEXT.search(text) or (_SECRET_NAME.search(key) and text and not _harmless(text)):
                yield problem(place, "data", key, "no secret in clear", remedy)


def _harmless(value: str) -> bool:
    """True if a value is a path, a reference, a flag or a number, and not a secret."""
    return value.startswith(("/", "$")) or value.lower() in ("true", "false") or value.isdigit()


def _name_problems(place: str, one: Object) -> Iterator[Problem]:
    """Find names that point at addresses: those of load balancers and databases change."""
    spec = section(one, "spec")
    remedy = "point at a name"
    if one["kind"] == "Service":
        named = str(spec.get("externalName") or "")
        if _ADDRESS.fullmatch(named):
            yield problem(place, "externalName", named, "a name", remedy)
        for field in ("loadBalancerIP", "externalIPs"):
            if spec.get(field):
                yield problem(place, field, spec[field], "no address", "let AWS give the address, and use names")
    if one["kind"] == "Endpoints" or (one["kind"] == "EndpointSlice" and one.get("endpoints")):
        yield problem(place, "endpoints", "addresses", "a Service with a selector or an ExternalName", remedy)
    if one["kind"] == "DNSEndpoint":
        for record in listed(spec, "endpoints"):
            if record.get("recordType") in ("A", "AAAA"):
                yield problem(place, "recordType", record["recordType"], "CNAME", remedy)
    target = str(section(one, "metadata", "annotations").get(_TARGET) or "")
    if _ADDRESS.search(target):
        yield problem(place, _TARGET, target, "a name", remedy)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from _texts(item)
    elif isinstance(value, Sequence):
        for item in cast("Sequence[Any]", value):
            yield from _texts(item)


def _within(address: str, ranges: tuple[str, ...]) -> bool:
    try:
        parsed = IPv4Address(address)
    except ValueError:
        return False
    return any(parsed in IPv4Network(one) for one in ranges)
