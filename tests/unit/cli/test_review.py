"""Reviews of pull requests: losses first, names of inputs, never a value."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tripod.cli.main import app
from tripod.cli.output.review import read_preview, review_text

URN = "urn:pulumi:staging::tripod::"
VOLUME = f"{URN}tripod:index:Cluster$tripod:index:EtcdGroup$aws:ebs/volume:Volume::cluster-etcd-0-0-data"
ROUTE = f"{URN}aws:ec2/route:Route::cluster-network-private-0-internet"
TEMPLATE = f"{URN}aws:ec2/launchTemplate:LaunchTemplate::cluster-workers-general-0-template"
SECRET = "hunter2"  # noqa: S105


def step(op: str, urn: str, **more: Any) -> dict[str, Any]:
    old = {"urn": urn, "inputs": {"password": SECRET}, "protect": False}
    return {"op": op, "urn": urn, "oldState": old, "newState": old, **more}


def replaced(urn: str, *reasons: str) -> list[dict[str, Any]]:
    """A replacement, as the engine writes it."""
    return [
        step(op, urn, replaceReasons=list(reasons), diffReasons=list(reasons))
        for op in ("create-replacement", "replace", "delete-replaced")
    ]


PREVIEW = {
    "changeSummary": {"same": 1, "create": 2, "update": 1, "replace": 1},
    "config": {"tripod:peers": SECRET},
    "steps": [
        step("update", TEMPLATE, diffReasons=["userData", "tags"]),
        step("create", ROUTE),
        step("create", f"{ROUTE}-2"),
        *replaced(VOLUME, "availabilityZone"),
    ],
}


def test_losses_come_first_each_resource_once() -> None:
    review = read_preview(PREVIEW)
    assert [(one.what, one.name) for one in review.steps] == [
        ("replaced", "cluster-etcd-0-0-data"),
        ("changed", "cluster-workers-general-0-template"),
        ("created", "cluster-network-private-0-internet"),
        ("created", "cluster-network-private-0-internet-2"),
    ]
    assert review.unchanged == 1
    assert [one.urn for one in review.lost()] == [VOLUME]
    assert review.steps[1].inputs == ("tags", "userData")


@pytest.mark.parametrize("allowed", ["cluster-etcd-0-0-data", VOLUME])
def test_what_somebody_allows_may_be_lost(allowed: str) -> None:
    assert read_preview(PREVIEW).lost([allowed]) == []


@pytest.mark.parametrize(
    ("steps", "lost"),
    [
        (replaced(ROUTE, "gatewayId"), 0),
        (replaced(VOLUME, "size"), 1),
        ([step("delete", VOLUME)], 1),
        ([step("update", VOLUME, diffReasons=["size"])], 0),
        ([step("delete", f"{URN}aws:autoscaling/group:Group::cluster-control-plane-0")], 1),
        ([{**step("delete", ROUTE), "oldState": {"protect": True}}], 1),
        ([{**step("delete", ROUTE), "oldState": {"retainOnDelete": True}}], 1),
        ([step("read", ROUTE), step("refresh", VOLUME)], 0),
    ],
)
def test_what_the_cluster_stands_on_is_guarded(steps: list[dict[str, Any]], lost: int) -> None:
    assert len(read_preview({"steps": steps}).lost()) == lost


PROVIDER = f"{URN}tripod:index:OidcIssuer$aws:iam/openIdConnectProvider:OpenIdConnectProvider::cluster-issuer"
ROLE = step("update", f"{URN}aws:iam/role:Role::orders-role", diffReasons=["assumeRolePolicy"])


@pytest.mark.parametrize(
    ("steps", "changes", "lost"),
    [
        (replaced(f"{PROVIDER}-provider", "url"), True, 1),
        ([step("delete", f"{PROVIDER}-provider"), step("create", f"{PROVIDER}-cloudfront-provider"), ROLE], True, 1),
        ([step("create", f"{PROVIDER}-cloudfront-provider"), ROLE], True, 0),
        ([step("create", f"{PROVIDER}-cloudfront-provider")], False, 0),
        ([step("update", f"{PROVIDER}-provider", diffReasons=["tags"]), ROLE], False, 0),
    ],
    ids=["another address", "another publisher", "one more", "the first", "other tags"],
)
def test_another_issuer_is_named_with_all_that_it_changes(
    steps: list[dict[str, Any]], changes: bool, lost: int
) -> None:
    review = read_preview({"steps": steps})
    text = review_text(review, "staging")
    assert ("trust of every role" in text and "all control-plane nodes" in text) is changes
    assert len(review.lost()) == lost


def test_the_comment_has_names_and_no_values() -> None:
    text = review_text(read_preview(PREVIEW), "staging")
    assert text.startswith("### staging\n\n**1 replaced**, **1 changed**, **2 created**; 1 resource unchanged.\n")
    assert "1 resource that the cluster depends on would be lost" in text
    assert "| replaced | `cluster-etcd-0-0-data` | aws:ebs/volume:Volume | `availabilityZone` |" in text
    assert "| changed | `cluster-workers-general-0-template` | aws:ec2/launchTemplate:LaunchTemplate |" in text
    assert "| 2 | aws:ec2/route:Route |" in text
    assert SECRET not in text


def test_nothing_changes() -> None:
    assert review_text(read_preview({"steps": [], "changeSummary": {"same": 1}}), "x") == (
        "### x\n\nNothing changes; 1 resource unchanged.\n"
    )


def run(file: Path, *options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["review", str(file), *options], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def test_the_command_fails_where_the_cluster_would_lose_something(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(PREVIEW))
    code, out, _ = run(file, "--title", "staging")
    assert (code, out) == (1, review_text(read_preview(PREVIEW), "staging"))
    assert run(file, "--allow", "cluster-etcd-0-0-data")[0] == 0
    code, out, _ = run(file, "--json")
    assert (code, json.loads(out)["lost"]) == (1, [VOLUME])
    assert SECRET not in out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": '])
def test_what_is_no_preview_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "preview.json"
    file.write_text(text)
    code, out, err = run(file)
    assert (code, out) == (2, "")
    assert "preview.json" in err.replace("\n", "")
