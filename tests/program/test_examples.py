"""The examples run, as their readers will run them."""

import re
from functools import cache

import pytest

from support.add_ons.manifest_rules import cluster_problems
from support.stacks.planned import ROOT, config_of, inputs
from tripod.rehearsal.objects import RELEASE_TYPE
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record, record_function
from tripod.stack.project import find_project, read_stack


@cache
def _planned(example: str) -> Recording:
    project = find_project(ROOT / "examples" / example)
    config = read_stack(project, "dev")
    return record(project, "dev", config, PlanBackend(config.region))


@pytest.mark.parametrize(
    ("example", "component", "outputs"),
    [
        ("own_program", "tripod:index:Cluster", {"endpoint", "ordersRole"}),
        ("own_program", "tripod:index:ServiceAccountRole", {"endpoint", "ordersRole"}),
        ("one_component", "tripod:index:Network", {"vpc", "nodeSubnets"}),
        ("cut_over", "tripod:index:WeightedCutover", {"testUrls"}),
        ("own_add_on", "tripod:index:Whoami", set[str]()),
        ("team_services", "tripod:index:WebService", {"live"}),
        ("team_services", "tripod:index:BlueGreen", {"live"}),
        ("team_services", "tripod:index:AllowCalls", {"live"}),
        ("team_services", "tripod:index:DatabaseBinding", {"live"}),
    ],
)
def test_an_example_declares_what_it_shows(example: str, component: str, outputs: set[str]) -> None:
    recording = _planned(example)
    assert [one.type for one in recording.registrations.values()].count(component) == 1
    assert recording.outputs.keys() == outputs


def test_every_example_is_tested() -> None:
    folders = {file.parent.name for file in (ROOT / "examples").glob("*/Pulumi.yaml")}
    assert folders == {"own_program", "one_component", "cut_over", "own_add_on", "team_services"}


def test_an_add_on_of_your_own_is_one_short_file_and_a_line() -> None:
    folder = ROOT / "examples" / "own_add_on"
    assert len((folder / "whoami.py").read_text().splitlines()) < 80
    (line,) = [line for line in (folder / "__main__.py").read_text().splitlines() if line.startswith("Whoami(")]
    assert line.count("Whoami(") == 1


@pytest.mark.parametrize("example", ["own_add_on", "team_services"])
def test_the_objects_of_an_example_are_good_citizens(example: str) -> None:
    objects = [
        inputs(one)
        for one in _planned(example).registrations.values()
        if one.type.startswith("kubernetes:") and one.type != RELEASE_TYPE
    ]
    assert list(cluster_problems(objects)) == []


def test_a_bucket_without_a_name_is_named_as_the_provider_would() -> None:
    recording, again = _planned("own_program"), _planned.__wrapped__("own_program")
    (bucket,) = [one for one in recording.registrations.values() if one.name == "invoices"]
    assert bucket.id == bucket.inputs["bucket"]
    assert str(bucket.id).startswith("invoices-")
    assert again.registrations[bucket.urn].id == bucket.id


def test_the_readmes_example_is_a_cluster() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    config = config_of({"aws:region": "eu-west-1"})

    def program() -> None:
        exec(code, {})  # noqa: S102 - our own README

    recording = record_function(program, "readme", "test", config, PlanBackend("eu-west-1"))
    assert "tripod:index:Cluster" in {one.type for one in recording.registrations.values()}
