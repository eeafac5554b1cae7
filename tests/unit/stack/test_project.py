import json
from pathlib import Path

import pytest

from tripod.stack.project import OPAQUE, ProjectError, StackConfig, encrypted_paths, find_project, read_stack

STACK = """
config:
  aws:region: eu-west-1
  aws:endpoints:
    - ec2: http://127.0.0.1:5566
      s3: http://127.0.0.1:5566
  name: demo
  protect: true
  count: 3
  password: {secure: AAAbbb}
  other:thing: text
  peers:
    - name: a
      databases:
        - credentials: {secretName: orders}
        - credentials: {value: {secure: CCCddd}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: thing\nruntime: python\nmain: program/\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(STACK)
    (tmp_path / "Pulumi.empty.yaml").write_text("")
    for name in ("zoo", "beta", "yard", "alpha"):
        (tmp_path / f"Pulumi.{name}.yaml").write_text("")
    (tmp_path / "program" / "deeper").mkdir(parents=True)
    return tmp_path


def test_the_nearest_project_is_found_from_below(folder: Path) -> None:
    project = find_project(folder / "program" / "deeper")
    assert (project.folder, project.name, project.main) == (folder, "thing", folder / "program")
    assert project.stacks == ("alpha", "beta", "empty", "prod", "yard", "zoo")


def test_names_of_stacks_may_have_dots(folder: Path) -> None:
    (folder / "Pulumi.eu.prod.yaml").write_text("config: {name: demo}")
    assert "eu.prod" in find_project(folder).stacks
    assert read_stack(find_project(folder), "eu.prod").values == {"thing:name": "demo"}


@pytest.mark.parametrize("text", ["", "runtime: python\n", "name:\n", "name: [\n", "[name]\n", "name\n"])
def test_a_project_file_that_names_no_project_is_refused_by_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(ProjectError, match=str(tmp_path / "Pulumi.yaml")):
        find_project(tmp_path)


def test_a_nearer_project_comes_before_one_further_up(folder: Path) -> None:
    nearer = folder / "program"
    (nearer / "Pulumi.yaml").write_text("name: nearer\n")
    project = find_project(nearer / "deeper")
    assert (project.name, project.main, project.stacks) == ("nearer", nearer, ())


def test_where_there_is_no_project_the_message_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=str(tmp_path)):
        find_project(tmp_path)


def test_an_unknown_stack_is_answered_with_those_that_there_are(folder: Path) -> None:
    with pytest.raises(ProjectError, match=r"no stack 'staging'.*alpha, beta, empty, prod, yard, zoo"):
        read_stack(find_project(folder), "staging")


def test_a_stack_file_that_is_no_yaml_is_refused_by_its_name(folder: Path) -> None:
    (folder / "Pulumi.bad.yaml").write_text("config: [")
    with pytest.raises(ProjectError, match=r"Pulumi\.bad\.yaml is not YAML"):
        read_stack(find_project(folder), "bad")


@pytest.mark.parametrize("text", ["config: [1]", "config: text", "[config]", "config"])
def test_a_configuration_that_is_no_mapping_is_refused(folder: Path, text: str) -> None:
    (folder / "Pulumi.bad.yaml").write_text(text)
    with pytest.raises(ProjectError, match="keys with values"):
        read_stack(find_project(folder), "bad")


@pytest.mark.parametrize("text", ["", "config:\n", "encryptionsalt: v1\n"])
def test_a_stack_file_may_be_empty_and_so_may_its_configuration(folder: Path, text: str) -> None:
    (folder / "Pulumi.empty.yaml").write_text(text)
    stack = read_stack(find_project(folder), "empty")
    assert (stack.values, stack.encrypted, stack.region, stack.endpoint) == ({}, frozenset(), "", None)


def test_values_are_handed_over_as_the_engine_does(folder: Path) -> None:
    values = read_stack(find_project(folder), "prod").values
    assert values["thing:name"] == "demo"
    assert values["thing:protect"] == "true"
    assert values["thing:count"] == "3"
    assert values["other:thing"] == "text"
    assert values["aws:endpoints"].startswith('[{"ec2": ')


@pytest.mark.parametrize(
    ("config", "key", "value"),
    [
        ("{since: 2026-01-01}", "thing:since", "2026-01-01"),
        ("{since: [2026-01-01]}", "thing:since", ["2026-01-01"]),
        ("{1: a}", "thing:1", "a"),
    ],
)
def test_dates_and_keys_that_yaml_takes_for_something_else_are_texts(
    folder: Path, config: str, key: str, value: object
) -> None:
    (folder / "Pulumi.odd.yaml").write_text(f"config: {config}")
    assert read_stack(find_project(folder), "odd").get(key) == value


def test_objects_are_parsed_where_they_are_asked_for(folder: Path) -> None:
    stack = read_stack(find_project(folder), "prod")
    assert stack.get("thing:peers")[0]["name"] == "a"
    assert stack.get("thing:name") == "demo"
    assert stack.get("thing:nothing") is None
    assert stack.region == "eu-west-1"
    assert stack.endpoint == "http://127.0.0.1:5566"


def test_what_only_the_engine_can_decrypt_is_opaque_and_its_path_is_known(folder: Path) -> None:
    stack = read_stack(find_project(folder), "prod")
    nested = ("thing:peers", 0, "databases", 1, "credentials", "value")
    assert stack.encrypted == {("thing:password",), nested}
    assert stack.secret_keys == ["thing:password", "thing:peers"]
    assert stack.values["thing:password"] == OPAQUE
    assert stack.get("thing:peers")[0]["databases"][1]["credentials"]["value"] == OPAQUE
    assert not any("AAAbbb" in text or "CCCddd" in text for text in stack.values.values())


def test_encrypted_paths_are_found_from_the_programs_folder(folder: Path) -> None:
    assert encrypted_paths("prod", folder / "program") == read_stack(find_project(folder), "prod").encrypted


def test_without_a_stack_file_nobody_knows_what_is_encrypted(folder: Path, tmp_path: Path) -> None:
    assert encrypted_paths("staging", folder) is None
    assert encrypted_paths("empty", folder) == frozenset()


NO_ENDPOINTS: list[tuple[object, str]] = [
    (["x"], "a list of one mapping"),
    ({"ec2": "http://127.0.0.1:5566"}, "a list of one mapping"),
    ("http://127.0.0.1:5566", "a list of one mapping"),
    ([{}], "a list of one mapping"),
    ([{"ec2": "127.0.0.1:5566"}], "'127.0.0.1:5566' is no address"),
    ([{"ec2": "http://127.0.0.1:port"}], "is no address"),
]


@pytest.mark.parametrize(("endpoints", "reason"), NO_ENDPOINTS)
def test_endpoints_that_are_none_are_refused(endpoints: object, reason: str) -> None:
    with pytest.raises(ProjectError, match=reason):
        _ = StackConfig({"aws:endpoints": json.dumps(endpoints)}, frozenset()).endpoint


def test_the_emulators_address_is_that_of_its_services() -> None:
    endpoints = json.dumps([{"ec2": "http://127.0.0.1:5566", "s3": "http://127.0.0.1:5566"}])
    assert StackConfig({"aws:endpoints": endpoints}, frozenset()).endpoint == "http://127.0.0.1:5566"
    assert StackConfig({"aws:endpoints": "[]"}, frozenset()).endpoint is None
    assert StackConfig({}, frozenset()).endpoint is None
