"""external-dns as its sources have it: the arguments that its chart gives it, and the records that it writes.

Transcribed from chart 1.21.1 (templates/deployment.yaml) and external-dns 0.21.0 (registry/mapper/mapper.go,
registry/txt/registry.go, endpoint/labels.go, provider/aws/aws.go). tests/rules compares the records with its binary's.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from support.stacks.charts import releases
from support.stacks.planned import planned

_LISTS = {
    "sources": "source",
    "domainFilters": "domain-filter",
    "excludeDomains": "exclude-domains",
    "managedRecordTypes": "managed-record-types",
}
_TEXTS = {"policy": "policy", "txtOwnerId": "txt-owner-id", "txtPrefix": "txt-prefix", "labelFilter": "label-filter"}

ALIAS = "k8s-ingress-0123456789.elb.us-west-2.amazonaws.com"
"""A load balancer of AWS: external-dns writes aliases of it."""
ELSEWHERE = "lb.example.net"
"""A load balancer that AWS has no zone of: external-dns writes CNAMEs."""


def arguments(values: Mapping[str, Any]) -> list[str]:
    """The arguments that the chart gives to external-dns, of its values."""
    lists = {**{flag: values[key] for key, flag in _LISTS.items()}, **values["extraArgs"]}
    texts = {"registry": "txt", "provider": values["provider"]["name"], **{_TEXTS[key]: values[key] for key in _TEXTS}}
    wrapped: dict[str, list[str]] = {flag: [one] if isinstance(one, str) else list(one) for flag, one in lists.items()}
    flags = [(flag, one) for flag, value in wrapped.items() for one in value]
    return [f"--{flag}={one}" for flag, one in [*texts.items(), *flags]]


def arguments_of(stack: str, visibility: str) -> list[str]:
    """The arguments of a stack's external-dns for a kind of zone."""
    (values,) = [
        one.values
        for one in releases(planned(stack))
        if one.chart == "external-dns" and one.values["extraArgs"]["aws-zone-type"] == visibility
    ]
    return arguments(values)


def written(given: Sequence[str], resource: str, name: str, target: str) -> Iterator[dict[str, Any]]:
    """The records of a name and their signatures, as Route 53 lists them.

    Args:
        given: external-dns' arguments.
        resource: the object that wants the name, such as ingress/shop/web.
        name: the name, such as web.example.com or *.example.com.
        target: the load balancer's name.
    """
    flags = dict(one.removeprefix("--").split("=", 1) for one in given)
    listed = f"{name.replace('*', chr(92) + '052')}."
    value = f'"heritage=external-dns,external-dns/owner={flags["txt-owner-id"]},external-dns/resource={resource}"'
    if target == ALIAS:
        alias = {"HostedZoneId": "Z18D5FSROUN65G", "DNSName": f"{ALIAS}.", "EvaluateTargetHealth": True}
        records: list[dict[str, Any]] = [
            {"Name": listed, "Type": "A", "AliasTarget": alias},
            {"Name": listed, "Type": "AAAA", "AliasTarget": alias},
        ]
    else:
        records = [{"Name": listed, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": target}]}]
    for record in records:
        yield record
        # An alias of type A is signed as the CNAME that it was asked for as.
        type_ = "cname" if record["Type"] == "A" else record["Type"].lower()
        signature = _signature(flags["txt-prefix"], flags["txt-wildcard-replacement"], name, type_)
        yield {"Name": f"{signature}.", "Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": value}]}


def _signature(prefix: str, wildcard: str, name: str, type_: str) -> str:
    """ToTXTName of an AffixNameMapper with a prefix."""
    first, dot, rest = name.partition(".")
    first = wildcard if first == "*" else first
    if "%{record_type}" not in prefix:
        first = f"{type_}-{first}"
    return f"{prefix.replace('%{record_type}', type_)}{first}{dot}{rest}"
