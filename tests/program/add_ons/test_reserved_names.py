"""Names that the engine writes in the cluster's private zone: the API's and databases' are nothing to external-dns."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from support.stacks.planned import inputs, of_type, planned
from support.stacks.samples import statements

RELEASE = "external-dns-private-release"
NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"


def excluded(domains: list[str], name: str) -> bool:
    """matchFilter of endpoint/domain_filter.go, external-dns 0.21, of which `--exclude-domains` takes the matches."""
    return any(name == one or name.endswith(f".{one}") for one in domains)


def may_write(policy: Any, names: list[str]) -> bool:
    """ForAllValues:StringNotLike in an Allow: no value of the request is like any of the policy's (IAM user guide)."""
    return any(
        "route53:ChangeResourceRecordSets" in statement["Action"]
        and not any(
            fnmatchcase(name, pattern)
            for name in names
            for pattern in statement.get("Condition", {}).get("ForAllValues:StringNotLike", {}).get(NAMES, [])
        )
        for statement in statements(policy)
    )


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_private_external_dns_neither_writes_nor_may_write_a_name_of_the_engine(stack: str) -> None:
    recording = planned(stack)
    (release,) = [one for one in recording.registrations.values() if one.name.endswith(RELEASE)]
    values = inputs(release)["values"]
    (zone,) = values["domainFilters"]
    (policy,) = [
        json.loads(inputs(one)["policy"])
        for one in of_type(recording, "iam/rolePolicy:RolePolicy")
        if "external-dns-private" in one.name
    ]
    written = {str(inputs(one)["name"]) for one in of_type(recording, "route53/record:Record")}
    written = {name for name in written if name.endswith(f".{zone}")}
    assert len(written) > 1
    service = f"web.shop.{stack}.{zone}"
    for name in written:
        assert excluded(values["excludeDomains"], name)
        assert excluded(values["excludeDomains"], f"below.{name}")
        assert not may_write(policy, [f"below.{name}"])
        assert not may_write(policy, [name])
        # A batch is refused as a whole: external-dns must not even try.
        assert not may_write(policy, [service, name])
    assert may_write(policy, [service, f"{values['txtPrefix']}cname-{service}"])
    assert not excluded(values["excludeDomains"], service)
