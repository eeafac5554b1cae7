"""Names that a stack file moves: what is declared, and who else must leave them alone."""

from typing import Any

import pulumi
import pytest

from support.operations.cutover_samples import CUTOVER, HOST, NEW_ALIAS, NEW_SIDE, OLD_ALIAS, OLD_SIDE, TEST_HOST
from support.stacks.planned import Change, changed, inputs, put, shared_plan
from tripod import ConfigurationError

SHOP: dict[str, Any] = {**CUTOVER, "old": OLD_ALIAS, "new": NEW_ALIAS}


def moving(**more: Any) -> list[Change]:
    """A stack file with a cut-over, in a zone in which add-ons write too."""
    zone = {"name": "example.com", "id": "Z0EXAMPLE"}
    return [put("tripod:cutovers", [{**SHOP, **more}]), put("tripod:addOns.zones.public", zone)]


@pytest.mark.parametrize(
    ("stage", "records"),
    [
        ("test", {"test": TEST_HOST}),
        ("weights", {"test": TEST_HOST, "old": HOST, "new": HOST}),
        ("finished", {"test": TEST_HOST, "new": HOST}),
    ],
)
def test_a_stage_declares_the_test_name_and_the_sides_that_it_has(stage: str, records: dict[str, str]) -> None:
    gone = {"old": None} if stage == "finished" else {}
    recording = shared_plan(changed("staging", *moving(stage=stage, **gone)), "staging")
    found = {
        one.name.removeprefix("cutover-shop-"): inputs(one)
        for one in recording.registrations.values()
        if one.type == "aws:route53/record:Record" and one.name.startswith("cutover-")
    }
    assert {side: values["name"] for side, values in found.items()} == records
    targets = {side: values["aliases"][0] for side, values in found.items()}
    assert {side: target["name"] for side, target in targets.items()} == {
        side: OLD_SIDE if side == "old" else NEW_SIDE for side in records
    }
    assert [side for side, target in targets.items() if not target["evaluateTargetHealth"]] == [
        side for side in records if side == "old"
    ]
    weights = {side: values["weightedRoutingPolicies"] for side, values in found.items() if side != "test"}
    begun = {"old": [{"weight": 100}], "new": [{"weight": 0 if stage == "weights" else 100}]}
    assert weights == {side: begun[side] for side in records if side != "test"}
    assert recording.outputs["testUrls"] == {"shop": f"https://{TEST_HOST}/"}


def test_external_dns_neither_writes_nor_may_write_a_name_that_moves() -> None:
    recording = shared_plan(changed("staging", *moving()), "staging")
    (args,) = [
        one.inputs for one in recording.registrations.values() if one.name.endswith("external-dns-public-release")
    ]
    assert {HOST, TEST_HOST} <= set(args["values"]["excludeDomains"])
    policies = [
        inputs(one)["policy"]
        for one in recording.registrations.values()
        if "external-dns-public" in one.name and one.type == "aws:iam/rolePolicy:RolePolicy"
    ]
    assert policies
    assert all(f'"{HOST}"' in policy for policy in policies)


def test_names_in_other_zones_are_nothing_to_external_dns() -> None:
    elsewhere = moving(host="shop.example.org", zone="example.org", testHost="test.example.org")
    recording = shared_plan(changed("staging", *elsewhere), "staging")
    told = str([one.inputs for one in recording.registrations.values() if "external-dns" in one.name])
    assert "external-dns" in told
    assert "example.org" not in told


def test_cutovers_that_share_a_name_are_refused_where_they_stand() -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        shared_plan(changed("staging", put("tripod:cutovers", [SHOP, {**SHOP, "name": "again"}])), "staging")
    refused = refusal.value.__cause__
    assert isinstance(refused, ConfigurationError)
    assert {problem.location for problem in refused.problems} == {
        f"tripod:cutovers[{position}].{field}" for position in (0, 1) for field in ("host", "testHost")
    }


OWN_SIDE = {"dnsName": "ingress-0123456789abcdef.elb.us-west-2.amazonaws.com", "hostedZoneId": "ZINGRESS"}
"""The load balancer that a plan takes the ingress to have."""


@pytest.mark.parametrize(
    ("old", "target"),
    [
        (OLD_ALIAS, {"aliases": [{"name": OWN_SIDE["dnsName"], "zoneId": "ZINGRESS", "evaluateTargetHealth": True}]}),
        ({"dnsName": OLD_SIDE}, {"records": [OWN_SIDE["dnsName"]]}),
    ],
)
def test_without_new_the_new_side_is_the_load_balancer_of_the_ingress(
    old: dict[str, str], target: dict[str, Any]
) -> None:
    recording = shared_plan(changed("staging", *moving(stage="weights", old=old, new=None)), "staging")
    sides = {
        one.name.removeprefix("cutover-shop-"): inputs(one)
        for one in recording.registrations.values()
        if one.type == "aws:route53/record:Record" and one.name.startswith("cutover-")
    }
    for side in ("test", "new"):
        assert {key: sides[side].get(key) for key in target} == target
    assert recording.outputs["ingress"] == OWN_SIDE


@pytest.mark.parametrize(
    ("kind", "service"),
    [("ingress-nginx", "ingress/ingress-nginx-controller"), ("gateway", "ingress/cilium-gateway-gateway")],
)
def test_the_load_balancer_is_looked_up_by_what_the_cloud_controller_writes_on_it(kind: str, service: str) -> None:
    settings = changed("staging", put("tripod:addOns.ingress", {"kind": kind}))
    asked = [arguments for function, arguments in shared_plan(settings, "staging").invokes if "getLbs" in function]
    # cloud-provider-aws 1.36.1, ensureLoadBalancerv2 and tags.go: buildTags.
    tags = {"kubernetes.io/service-name": service, "kubernetes.io/cluster/staging": "owned"}
    assert asked == [{"tags": tags}]


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ([*moving(new=None), put("tripod:addOns.without", ["ingress"])], "addOns.without: ingress"),
        (moving(new=None, old=None, stage="finished"), "stage: finished"),
    ],
)
def test_a_new_side_that_nothing_names_is_refused(changes: list[Change], given: str) -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        shared_plan(changed("staging", *changes), "staging")
    refused = refusal.value.__cause__
    assert isinstance(refused, ConfigurationError)
    assert [(one.location, given in one.given) for one in refused.problems] == [("tripod:cutovers[0].new", True)]


def test_without_an_ingress_no_load_balancer_is_looked_up() -> None:
    recording = shared_plan(changed("staging", put("tripod:addOns.without", ["ingress"])), "staging")
    assert recording.outputs["ingress"] == {}
    assert not [function for function, _ in recording.invokes if "getLbs" in function]
