"""Host names of services, external-dns and its zones."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from support.add_ons.cluster_facts import cluster_facts
from support.stacks.samples import locations, statements
from tripod.addons.dns_zones import certificate_zone, private_zone, public_zone
from tripod.addons.external_dns.objects import Visibility, external_dns, external_dns_values
from tripod.addons.external_dns.spec import ExternalDnsSpec
from tripod.addons.framework.host_names import default_host, default_host_problems
from tripod.addons.spec import AddOnsSpec
from tripod.core.iam_documents import Document
from tripod.iam.dns_policies import challenges_policy, records_policy

ZONE_ARN = "arn:aws:route53:::hostedzone/Z1"
PUBLIC = {"name": "example.com", "id": "Z0PUBLIC"}

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
services = st.tuples(labels, labels, labels)


@given(services, services)
def test_no_two_services_of_any_clusters_share_a_name(one: tuple[str, str, str], other: tuple[str, str, str]):
    assume(one != other)
    assert default_host(*one, "example.com") != default_host(*other, "example.com")


@given(services)
def test_a_default_name_is_one(service: tuple[str, str, str]):
    assert list(default_host_problems(*service, "example.com")) == []


@pytest.mark.parametrize(
    ("service", "zone", "where"),
    [
        (("a.b", "shop", "prod"), "example.com", ["service"]),
        (("web", "Shop", "prod"), "example.com", ["namespace"]),
        (("web", "shop", "p" * 64), "example.com", ["cluster"]),
        (("w" * 63, "s" * 63, "p" * 63), "a-domain-of-some-length." * 3 + "com", ["zone"]),
    ],
)
def test_what_would_be_no_name(service: tuple[str, str, str], zone: str, where: list[str]):
    assert locations(default_host_problems(*service, zone)) == where


def values(visibility: Visibility, **changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {"ingress": "ingress-nginx", "zone": ("example.com", "Z1"), "excluded": [], **changes}
    return external_dns_values(
        cluster_facts(**changes.pop("facts", {})),
        ExternalDnsSpec(),
        visibility,
        settings["ingress"],
        settings["zone"],
        settings["excluded"],
        "arn:aws:iam::1:role/r",
    )


def test_a_private_service_is_never_written_in_the_public_zone():
    assert values("public")["labelFilter"] == "tripod.dns/visibility=public"
    assert values("private")["labelFilter"] == "tripod.dns/visibility=private"
    assert values("public")["extraArgs"]["aws-zone-type"] == "public"


def test_owners_differ_by_cluster_and_by_zone():
    owners = {
        values(visibility, facts={"cluster_name": cluster})["txtOwnerId"]
        for visibility in ("public", "private")
        for cluster in ("one", "two")
    }
    assert len(owners) == 4


@pytest.mark.parametrize(("ingress", "source"), [("ingress-nginx", "ingress"), ("gateway", "gateway-httproute")])
def test_names_are_read_from_the_objects_of_the_ingress(ingress: str, source: str):
    assert values("public", ingress=ingress)["sources"] == [source]


def test_each_zone_has_a_writer_of_its_own():
    places = {
        one["metadata"]["name"]
        for visibility in ("public", "private")
        for one in external_dns(cluster_facts(), visibility)
        if one["kind"] == "Namespace"
    }
    assert places == {"external-dns-public", "external-dns-private"}
    assert values("public")["fullnameOverride"] != values("private")["fullnameOverride"]


def test_a_writer_may_write_in_its_zone_alone():
    for statement in statements(records_policy("aws", "Z1", ())):
        listing = statement["Action"] == ["route53:ListHostedZones"]
        assert statement["Resource"] == (["*"] if listing else [ZONE_ARN])


def changing(policy: Document) -> dict[str, Any]:
    """The statement of a policy that allows to change records."""
    (write,) = (one for one in statements(policy) if one["Action"] == ["route53:ChangeResourceRecordSets"])
    return write


def test_a_writer_may_not_write_names_that_are_not_its_own():
    write = changing(records_policy("aws", "Z1", ("shop.example.com",)))
    assert write["Condition"]["ForAllValues:StringNotLike"] == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["shop.example.com", "*.shop.example.com"]
    }
    assert values("public", excluded=["shop.example.com"])["excludeDomains"] == ["shop.example.com"]


def test_who_answers_challenges_writes_nothing_else():
    write = changing(challenges_policy("aws-cn", "Z1"))
    assert write["Resource"] == [ZONE_ARN.replace("aws", "aws-cn")]
    conditions = {key: value for test in write["Condition"].values() for key, value in test.items()}
    assert conditions == {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.*"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
    }


def add_ons(**settings: Any) -> AddOnsSpec:
    return AddOnsSpec.load(settings)


OWN = cluster_facts(internal_zone="shop.internal", internal_zone_id="Z0OWN")


def test_without_a_zone_of_its_own_the_private_names_are_in_the_cluster_s():
    found = private_zone(add_ons(), OWN)
    assert found is not None
    assert (found.name, found.id) == ("shop.internal", "Z0OWN")
    given_zone = {"name": "internal.example.com", "id": "Z0PRIVATE"}
    settings = private_zone(add_ons(zones={"private": given_zone}), OWN)
    assert settings is not None
    assert settings.id == "Z0PRIVATE"
    assert private_zone(add_ons(), cluster_facts()) is None


def test_reserved_names_are_excluded_from_whichever_zone_has_them():
    facts = cluster_facts(
        internal_zone="shop.internal",
        internal_zone_id="Z0OWN",
        reserved_names=["api.shop.internal", "orders.db.example.com"],
    )
    own = private_zone(add_ons(), facts)
    given_zone = private_zone(add_ons(zones={"private": {"name": "db.example.com", "id": "Z0PRIVATE"}}), facts)
    assert own is not None
    assert given_zone is not None
    assert (own.excluded, given_zone.excluded) == (("api.shop.internal",), ("orders.db.example.com",))


def test_names_of_a_private_zone_within_the_public_one_are_no_public_names():
    private = {"name": "internal.example.com", "id": "Z0PRIVATE"}
    excluded = ["shop.example.com", "old.internal.example.com"]
    spec = add_ons(zones={"public": PUBLIC, "private": private, "excluded": excluded})
    public, hidden = public_zone(spec), private_zone(spec, OWN)
    assert public is not None
    assert hidden is not None
    assert public.excluded == (*excluded, "internal.example.com")
    assert hidden.excluded == ("old.internal.example.com",)


@pytest.mark.parametrize("without", [["certManager"], ["issuers"]])
def test_without_cert_manager_no_zone_has_certificates(without: list[str]):
    assert certificate_zone(add_ons(zones={"public": PUBLIC}, without=without)) is None
    assert certificate_zone(add_ons(zones={"public": PUBLIC})) is not None
