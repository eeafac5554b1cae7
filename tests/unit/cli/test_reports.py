import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console, RenderableType

from tripod.cli.output.checks import outcomes_json, print_outcomes
from tripod.cli.output.outputs import output_table
from tripod.cli.output.problems import print_problems, problems_json
from tripod.cli.output.resources import recording_json, resource_tree
from tripod.core.problems import Problem
from tripod.operations.verify import Outcome
from tripod.operations.verify.check import Failed, Finding, check
from tripod.rehearsal.program import Recording
from tripod.rehearsal.protocol_values import UNKNOWN, Secret
from tripod.rehearsal.recorder import Registration

PROBLEM = Problem(("workers", 0, "instance_types"), "[m7g]", "a [bold]type[/bold]", "correct it")


def console() -> Console:
    return Console(file=io.StringIO(), width=120, color_system=None)


def printed(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def rendered(thing: RenderableType) -> str:
    target = console()
    target.print(thing)
    return printed(target)


@check("etcd-volumes", "Volumes are encrypted", 13)
def volumes(_: object) -> Iterator[Finding]:
    yield from ()


KEPT = Outcome(volumes, (), "3 volumes")
BROKEN = Outcome(volumes, (Failed("vol-1", "not encrypted", "replace it"),), "")


def test_a_problem_is_printed_as_it_is_though_it_looks_like_markup() -> None:
    target = console()
    print_problems(target, "Pulumi.prod.yaml", [PROBLEM])
    text = printed(target)
    assert "1 problem in Pulumi.prod.yaml; nothing was created" in text
    for part in ("workers[0].instanceTypes", "[m7g]", "a [bold]type[/bold]", "correct it"):
        assert part in text


def test_problems_are_data_for_machines() -> None:
    (entry,) = problems_json([PROBLEM])["problems"]
    assert entry == {
        "path": "workers[0].instanceTypes",
        "given": "[m7g]",
        "allowed": "a [bold]type[/bold]",
        "remedy": "correct it",
    }


@pytest.mark.parametrize(
    ("outcomes", "text"), [([], "0 checks passed."), ([KEPT], "1 check passed."), ([KEPT, KEPT], "2 checks passed.")]
)
def test_passed_checks_are_counted_and_show_their_evidence(outcomes: list[Outcome], text: str) -> None:
    target = console()
    print_outcomes(target, outcomes)
    assert printed(target).strip().endswith(text)
    assert printed(target).count("✓ Volumes are encrypted  3 volumes") == len(outcomes)


def test_failed_checks_show_the_fault_and_the_remedy() -> None:
    target = console()
    print_outcomes(target, [KEPT, BROKEN])
    text = printed(target)
    assert "✗ Volumes are encrypted  1 failed" in text
    for part in ("etcd-volumes", "vol-1: not encrypted", "replace it", "1 of 2 checks failed."):
        assert part in text


def test_outcomes_are_data_for_machines() -> None:
    kept, broken = outcomes_json([KEPT, BROKEN])
    assert (kept["passed"], kept["evidence"], kept["broken"], kept["rows"]) == (True, "3 volumes", [], [13])
    assert broken["passed"] is False
    assert broken["broken"] == [{"subject": "vol-1", "evidence": "not encrypted", "remedy": "replace it"}]


def test_outputs_are_shown_by_name_and_secrets_are_not() -> None:
    outputs: dict[str, Any] = {
        "kubeconfig": Secret("hunter2"),
        "vpc": UNKNOWN,
        "arn": "arn:aws:iam::123456789012:role/demo",
        "zones": ["a", "b"],
        "survives": True,
        "certificate": "-----BEGIN\nrest\n",
        "empty": [],
        "nested": {"b": 2, "a": 1},
    }
    lines = [line.strip() for line in rendered(output_table(outputs)).splitlines()]
    assert [line.split()[0] for line in lines if line.split()[0] in outputs] == sorted(outputs)
    text = "\n".join(lines)
    assert "hunter2" not in text
    for part in ("[secret]", "[known after up]", "role/demo", "a, b", "yes", "-----BEGIN …", "none", "a: 1"):
        assert part in text
    assert "123456789012" not in text


@pytest.mark.parametrize(
    ("arn", "shown"),
    [
        ("arn:aws:kms:us-west-2:123456789012:key/1", "key/1"),
        ("arn:aws:logs:us-west-2:123456789012:log-group:demo:*", "log-group:demo:*"),
        ("arn:aws:s3:::demo-payload", "demo-payload"),
        ("arn:aws:s3::", "arn:aws:s3::"),
        ("arn:short", "arn:short"),
    ],
)
def test_of_an_arn_what_is_its_own_is_shown_and_of_what_is_none_everything(arn: str, shown: str) -> None:
    assert rendered(output_table({"it": arn})).split() == ["it", shown]


def made(type_: str, name: str, parent: str = "", **more: Any) -> Registration:
    return Registration(
        f"urn:{type_}::{name}", type_, name, parent, custom=not type_.startswith("tripod:"), inputs={}, **more
    )


def recording(*registrations: Registration, **outputs: Any) -> Recording:
    return Recording("test", {one.urn: one for one in registrations}, outputs, ())


NETWORK = "tripod:index:Network"
INSIDE = f"urn:{NETWORK}::network"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
STACK = recording(
    made(NETWORK, "network"),
    made(SUBNET, "network-nodes-1", INSIDE),
    made(SUBNET, "network-nodes-0", INSIDE),
    made(VPC, "network-vpc", INSIDE, retain=True, protect=True),
    made("aws:ec2/routeTableAssociation:RouteTableAssociation", "network-zone-0", INSIDE),
)


def test_a_tree_folds_what_is_alike_and_passes_over_what_only_connects() -> None:
    text = rendered(resource_tree(STACK, "test"))
    assert "test · 5 resources" in text
    assert "network" in text
    assert "vpc, 2 subnets  kept" in text
    assert "association" not in text


def test_a_full_tree_has_every_resource_by_its_short_name() -> None:
    lines = rendered(resource_tree(STACK, "test", full=True)).splitlines()
    names = [line.split("─ ")[1].split()[0] for line in lines if "aws:" in line]
    assert names == ["nodes-0", "nodes-1", "vpc", "zone-0"]
    (vpc,) = (line for line in lines if VPC in line)
    assert vpc.rstrip().endswith("kept  protected")


def test_a_recording_is_data_in_an_order_of_its_own_and_without_secrets() -> None:
    one = made(VPC, "b")
    one.inputs = {"password": Secret("hunter2"), "cidrBlock": "10.0.0.0/16"}
    other = made(VPC, "a", one.urn)
    data = recording_json(recording(one, other, token=Secret("hunter3")))
    assert data == recording_json(recording(other, one, token=Secret("hunter3")))
    assert [entry["name"] for entry in data["resources"]] == ["a", "b"]
    assert data["resources"][0]["parent"] == one.urn
    assert data["resources"][1]["parent"] is None
    assert data["resources"][1]["inputs"] == {"password": "[secret]", "cidrBlock": "10.0.0.0/16"}
    assert data["outputs"] == {"token": "[secret]"}
