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
