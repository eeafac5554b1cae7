import ast
import base64
import sys
from dataclasses import asdict
from importlib.resources import files

import pytest

import tripod.bootstrap.user_data as making
from support.agent.boot_stub import LONGEST, POINTERS, loaded, text
from tripod.bootstrap.agent.instance.documents import BootPointers
from tripod.bootstrap.user_data import USER_DATA_LIMIT, user_data


def test_user_data_is_small_and_what_ec2_and_cloud_init_take() -> None:
    assert len(base64.b64decode(user_data(LONGEST), validate=True)) < USER_DATA_LIMIT == 4096
    assert text(LONGEST).startswith("#!/usr/bin/python3\n")


def test_user_data_that_has_outgrown_its_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 4096"):
        user_data(BootPointers(**{**asdict(POINTERS), "name": "x" * 4096}))


@pytest.mark.parametrize(("letters", "refused"), [("ä" * 2048, False), ("ä" * 2048 + "a", True)])
def test_the_limit_counts_bytes_and_not_letters(letters: str, refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_stub", lambda: letters)
    if refused:
        with pytest.raises(ValueError, match="has 4097 bytes"):
            user_data(POINTERS)
    else:
        assert len(base64.b64decode(user_data(POINTERS))) == USER_DATA_LIMIT


def test_nothing_is_left_to_replace() -> None:
    assert "@BOOT@" not in text(POINTERS)
    assert files("tripod.bootstrap").joinpath("stub.py.template").read_text().count("@BOOT@") == 1


def test_the_program_compiles_and_needs_the_standard_library_alone() -> None:
    tree = ast.parse(text(POINTERS))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", ["", "0-0", 'quoted "name"', "back\\slash", 'three """ quotes', "ä", "line\nbreak"])
def test_an_instance_gets_exactly_its_pointers(name: str) -> None:
    pointers = BootPointers(**{**asdict(POINTERS), "name": name})
    assert asdict(pointers) == loaded(pointers).BOOT
