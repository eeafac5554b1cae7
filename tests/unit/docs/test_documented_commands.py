"""Every command of ours that a page names exists, with the options that it is named with."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from tripod.cli.main import app

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:\.venv/bin/)?tripod [^`]+)`")
_CALL = re.compile(r"(?:^|[\s(])(?:\.venv/bin/)?tripod (?P<rest>[a-z][^#|\n]*)")


def calls(text: str) -> Iterator[str]:
    """Find the arguments after `tripod` in code, in blocks and in lines."""
    for block in _FENCED.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            found = _CALL.match(line.strip()) or _CALL.match(line)
            if found and line.lstrip().startswith(("tripod ", ".venv/bin/tripod ")):
                yield found["rest"].strip()
    for code in _INLINE.findall(text):
        yield code.partition("tripod ")[2].strip()


def commands() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def problem(call: str) -> str:
    """Describe a mistake in a call; empty if there is none."""
    # What follows `--` is another program's command.
    name, *arguments = takewhile("--".__ne__, shlex.split(call))
    command = commands().commands.get(name)
    if command is None:
        return f"there is no command {name}"
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [one for one in arguments if one.startswith("--") and one.partition("=")[0] not in known]
    return f"{name} has no {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    assert [f"`tripod {call}`: {found}" for call in calls(page.read_text()) if (found := problem(call))] == []


def test_the_readme_names_every_command() -> None:
    named = {call.split()[0] for call in calls((ROOT / "README.md").read_text())}
    assert commands().commands.keys() - named == set()


def test_every_command_and_option_says_what_it_does() -> None:
    silent = [
        f"{name} {parameter.name}"
        for name, command in commands().commands.items()
        for parameter in command.params
        if not getattr(parameter, "help", "")
    ]
    assert silent == []
    assert [name for name, command in commands().commands.items() if not command.help] == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("roll STACK --only etcd", ""),
        ("tunnel STACK -- pulumi refresh --stack STACK", ""),
        ("role STACK", "there is no command role"),
        ("roll X --fast", "roll has no --fast"),
    ],
)
def test_the_test_finds_what_is_wrong(call: str, found: str) -> None:
    assert problem(call) == found
