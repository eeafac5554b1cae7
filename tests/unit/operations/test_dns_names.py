"""Names that external-dns signed are found; tests/rules has external-dns write them itself."""

from typing import Any

import pytest

from support.add_ons.external_dns import ALIAS, ELSEWHERE, arguments_of, written
from tripod.operations.delete.dns_records import signed_by

OURS = {"production-public", "production-private"}
VISIBILITIES = ("public", "private")


def record(name: str, type_: str, value: str = "lb.example.com") -> dict[str, Any]:
    return {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value}]}


def signature(name: str, owner: str) -> dict[str, Any]:
    value = f'"heritage=external-dns,external-dns/owner={owner},external-dns/resource=ingress/shop/web"'
    return record(name, "TXT", value)


def names(records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["Name"], one["Type"]) for one in signed_by(records, OURS)}


@pytest.mark.parametrize("visibility", VISIBILITIES)
@pytest.mark.parametrize("target", [ALIAS, ELSEWHERE])
@pytest.mark.parametrize("name", ["web.example.com", "example.com", "*.example.com", "cname-web.example.com"])
def test_what_the_rendered_arguments_have_it_write_is_found(visibility: str, target: str, name: str) -> None:
    made = list(written(arguments_of("production", visibility), "ingress/shop/web", name, target))
    others = [record("web.example.com.", "MX"), record("other.example.com.", "CNAME")]
    assert len(made) == (4 if target == ALIAS else 2)
    assert names([*made, *others]) == {(one["Name"], one["Type"]) for one in made}


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_signatures_are_in_the_zone_and_no_host_has_their_name(visibility: str) -> None:
    for name in ("example.com", "*.example.com", "web.example.com"):
        for one in written(arguments_of("production", visibility), "ingress/shop/web", name, ALIAS):
            assert one["Name"].endswith((".example.com.", "example.com.")[one["Type"] != "TXT"])
            assert one["Name"].startswith("_") is (one["Type"] == "TXT")


@pytest.mark.parametrize("name", ["web.example.com", "any.example.com"])
def test_a_name_that_an_earlier_release_signed_is_found(name: str) -> None:
    # Its prefix was `_external-dns.`, and its replacement of an asterisk `any`.
    signed = signature(f"_external-dns.cname-{name}.", "production-public")
    listed = {record["Name"] for record in signed_by([record(f"{name}.", "CNAME"), signed], OURS)}
    assert listed == {f"{name}.", signed["Name"]}
    wildcard = record("\\052.example.com.", "CNAME")
    assert (wildcard in signed_by([wildcard, signed], OURS)) is name.startswith("any.")


def test_a_host_named_any_is_no_wildcard() -> None:
    signed = signature("_external-dns.cname.any.example.com.", "production-public")
    made = [record("any.example.com.", "CNAME"), record("\\052.example.com.", "CNAME"), signed]
    assert names(made) == {("any.example.com.", "CNAME"), (signed["Name"], "TXT")}


@pytest.mark.parametrize(
    "owner", ["production", "production-public-2", "production-2-public", "other-public", "production/public"]
)
def test_names_of_other_owners_stay(owner: str) -> None:
    signed = signature("_external-dns.cname.web.example.com.", owner)
    assert names([record("web.example.com.", "CNAME"), signed]) == set()


def test_names_that_nobody_signed_stay_and_so_do_other_texts() -> None:
    told = record("example.com.", "TXT", '"v=spf1 -all"')
    assert names([record("web.example.com.", "A", "192.0.2.1"), told]) == set()
