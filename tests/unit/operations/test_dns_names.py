from typing import Any

import pytest

from tripod.core.naming import dns_owner
from tripod.operations.delete.dns_records import signed_by

OURS = {dns_owner("shop", "public"), dns_owner("shop", "private")}


def record(name: str, type_: str, value: str = "lb.example.com") -> dict[str, Any]:
    return {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value}]}


def signature(name: str, owner: str) -> dict[str, Any]:
    value = f'"heritage=external-dns,external-dns/owner={owner},external-dns/resource=ingress/shop/web"'
    return record(name, "TXT", value)


def names(records: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["Name"], one["Type"]) for one in signed_by(records, OURS)}


@pytest.mark.parametrize("prefix", ["", "cname-"])
def test_a_signed_name_goes_with_its_signature_whichever_release_signed_it(prefix: str) -> None:
    signed = signature(f"{prefix}web.example.com.", "shop/public")
    others = [record("web.example.com.", "MX"), record("other.example.com.", "CNAME")]
    assert names([record("web.example.com.", "CNAME"), signed, *others]) == {
        ("web.example.com.", "CNAME"),
        (f"{prefix}web.example.com.", "TXT"),
    }


def test_an_alias_is_signed_as_the_name_that_it_stands_for() -> None:
    alias = {"Name": "web.example.com.", "Type": "A", "AliasTarget": {"DNSName": "lb.example.com"}}
    assert ("web.example.com.", "A") in names([alias, signature("cname-web.example.com.", "shop/public")])


@pytest.mark.parametrize("owner", ["shop", "shop/public/2", "shop-2/public", "other/public"])
def test_names_of_other_owners_stay(owner: str) -> None:
    assert names([record("web.example.com.", "CNAME"), signature("cname-web.example.com.", owner)]) == set()


def test_names_that_nobody_signed_stay_and_so_do_other_texts() -> None:
    told = record("example.com.", "TXT", '"v=spf1 -all"')
    assert names([record("web.example.com.", "A", "192.0.2.1"), told]) == set()
