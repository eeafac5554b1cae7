from pathlib import Path

import pytest

import generate

HERE = {name: make for name, make in generate.makers().items() if not name.startswith("tests/")}
"""Generated files that no other tier compares."""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one generated file that is up to date and one that is not, which is its path."""
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "SPEC_TYPES", tmp_path / "fresh")
    monkeypatch.setattr(generate, "generated_spec_types", lambda: "new")
    monkeypatch.setattr(generate, "makers", lambda: {"stale": lambda: "new", "missing": lambda: "new"})
    (tmp_path / "fresh").write_text("new")
    (tmp_path / "stale").write_text("old")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(generate.sys, "argv", ["generate.py", *arguments])
    return generate.main()


@pytest.mark.parametrize("name", HERE)
def test_a_committed_file_is_what_the_tool_writes(name: str) -> None:
    assert (generate.ROOT / name).read_text() == HERE[name]()


def test_the_typed_dictionaries_are_what_the_tool_writes() -> None:
    assert generate.SPEC_TYPES.read_text() == generate.generated_spec_types()


def test_a_check_names_what_is_not_up_to_date_and_writes_nothing(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--check") == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["stale", "missing"]
    assert (made / "stale").read_text() == "old"
    assert not (made / "missing").exists()


def test_what_is_not_up_to_date_is_written_and_then_it_is(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    assert capsys.readouterr().out == "wrote stale\nwrote missing\n"
    assert {file.read_text() for file in made.iterdir()} == {"new"}
    assert run(monkeypatch, "--check") == 0
