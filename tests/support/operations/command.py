"""The command on a copy of a rehearsed account, whose nodes are stood in for."""

from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from typer.testing import CliRunner

from support.account.rehearsed import Copy
from support.command import write_stack
from support.operations.agents import FakeAgents
from support.rights.granted import allows, recorded_actions
from support.stacks.planned import Change, changed
from tripod.cli.main import app
from tripod.cli.target import ClusterTarget
from tripod.operations.remote import Remote
from tripod.stack.rights import rights
from tripod.stack.rights_facts import StackFacts


def tripod(copy: Copy, *arguments: str, agents: Remote | None = None, change: Change | None = None) -> tuple[int, str]:
    """Run the command on a copy, whose nodes answer, and return its exit code and all that it said.

    A deletion calls nothing that its rights do not allow.
    """
    found = agents or FakeAgents(copy)
    with (
        TemporaryDirectory() as folder,
        chdir(folder),
        patch.object(ClusterTarget, "remote", return_value=found),
        recorded_actions() as called,
    ):
        write_project(Path(folder), changed("local", at_address(copy.address), change or (lambda _: None)))
        done = CliRunner(env={"COLUMNS": "300"}).invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    if arguments[0] == "delete":
        documents = rights("delete", StackFacts("123456789012", copy.region, copy.cluster))
        assert called
        assert {action for action in called if not allows(documents, action)} == set()
    return done.exit_code, done.output


def write_project(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write a project with a stack `local`, without a program: no operation runs it."""
    (folder / "Pulumi.yaml").write_text("name: tripod\nruntime: python\n")
    write_stack(folder, "local", settings)


def at_address(address: str) -> Change:
    """A change: the stack speaks to an emulator there."""

    def change(settings: dict[str, Any]) -> None:
        settings["aws:endpoints"] = [dict.fromkeys(settings["aws:endpoints"][0], address)]

    return change
