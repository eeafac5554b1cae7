"""Packages import downwards alone: a table of floors, held against every import of the library."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import tripod
from support.imports import imported
from support.stacks.planned import ROOT

LIBRARY = ROOT / "components" / "tripod"

FLOORS = (
    "core",
    "network dns pki compute storage supply",
    "security database iam",
    "encryption etcd workers control_plane",
    "bootstrap addons",
    "workloads cluster",
    "provider stack",
    "rehearsal operations",
    "cli",
)
"""The library's packages, lowest first. Those of one floor may import one another, without a circle."""

AGENT_FLOORS = ("core", "host", "aws", "instance", "etcd node", "control_plane workers", "roles", "__main__")
COMMAND_LIBRARIES = {"rich", "typer"}


def arrows(folder: Path, root: tuple[str, ...]) -> set[tuple[str, str]]:
    """Pairs of packages (or modules at the root) below a folder, of which the first imports the second."""
    found: set[tuple[str, str]] = set()
    for file in folder.rglob("*.py"):
        place = file.relative_to(folder)
        package = (*root, *place.parent.parts)
        importer = place.parts[0].removesuffix(".py")
        for module in imported(file, package):
            if module[: len(root)] == root and len(module) > len(root) and module[len(root)] != importer:
                found.add((importer, module[len(root)]))
    return found


def floor_of(floors: tuple[str, ...]) -> Mapping[str, int]:
    return {name: level for level, names in enumerate(floors) for name in names.split()}


def upward(found: set[tuple[str, str]], floors: tuple[str, ...]) -> list[tuple[str, str]]:
    """Arrows from a lower floor to a higher one."""
    level = floor_of(floors)
    return sorted((a, b) for a, b in found if a != "__init__" and level[a] < level[b])


def in_circles(found: set[tuple[str, str]]) -> set[str]:
    """Packages that reach themselves."""
    reached = {a: {b for x, b in found if x == a} for a, _ in found}
    for middle, further in reached.items():
        for others in reached.values():
            if middle in others:
                others.update(further)
    return {name for name, others in reached.items() if name in others}


def test_every_package_has_a_floor() -> None:
    rooms = {entry.name.removesuffix(".py") for entry in LIBRARY.iterdir() if entry.suffix == ".py" or entry.is_dir()}
    assert rooms - {"__init__", "__pycache__"} == floor_of(FLOORS).keys()


@pytest.mark.parametrize(
    ("folder", "floors"),
    [((), FLOORS), (("bootstrap", "agent"), AGENT_FLOORS)],
    ids=["library", "agent"],
)
def test_packages_import_downwards_and_in_no_circle(folder: tuple[str, ...], floors: tuple[str, ...]) -> None:
    found = arrows(LIBRARY.joinpath(*folder), ("tripod", *folder))
    assert upward(found, floors) == []
    assert in_circles({(a, b) for a, b in found if a != "__init__"}) == set()


@pytest.mark.parametrize("package", ["addons", "operations", "rehearsal", "cli"])
def test_packages_within_a_package_are_in_no_circle(package: str) -> None:
    assert in_circles(arrows(LIBRARY / package, ("tripod", package))) == set()


def test_no_library_of_commands_below_the_command() -> None:
    used = {
        (str(file.relative_to(LIBRARY)), module[0])
        for file in LIBRARY.rglob("*.py")
        for module in imported(file, ())
        if module[0] in COMMAND_LIBRARIES and not file.is_relative_to(LIBRARY / "cli")
    }
    assert used == set()


def test_the_stack_program_imports_public_names_and_the_stack_alone() -> None:
    public = {("tripod", name) for name in tripod.__all__}
    used = {module for file in (ROOT / "infra").glob("*.py") for module in imported(file, ()) if module[0] == "tripod"}
    assert {module for module in used - public if module[1] != "stack"} == set()


def test_an_arrow_upwards_and_a_circle_are_found(tmp_path: Path) -> None:
    for name, text in {"low/a.py": "from tripod.high import b", "high/b.py": "from tripod.low.a import c"}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    found = arrows(tmp_path, ("tripod",))
    assert upward(found, ("low", "high")) == [("low", "high")]
    assert in_circles(found) == {"low", "high"}


def test_no_test_module_lends_a_helper_to_another() -> None:
    tests = ROOT / "tests"
    borrowed = {
        (str(file.relative_to(tests)), ".".join(module))
        for file in (*tests.rglob("*.py"), *(ROOT / "tools").glob("*.py"))
        for module in imported(file, file.relative_to(ROOT).parent.parts[1:])
        if module[0] == "unit" or any(part.startswith("test_") for part in module)
    }
    assert borrowed == set()
