"""Every command in the runbook exists, in `tripod` or in the agent."""

import re
import shlex
from typing import Any, cast

import pytest
import typer

from support.stacks.planned import ROOT
from tripod.bootstrap.agent.roles import role_named
from tripod.cli.main import app

TEXT = "\n".join((ROOT / "docs" / page).read_text() for page in ("operations.md", "recovery.md"))
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for block in TEXT.split("```")[1::2]
    for line in block.splitlines()
    if line.strip().startswith("tripod ")
]
AGENT = sorted(set(re.findall(r"python3 -m agent ([a-z][a-z-]*)", TEXT)))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_tripod_understands_its_own(command: list[str]) -> None:
    group = cast("Any", typer.main.get_command(app))
    found = group.get_command(None, command[0])
    assert found, f"there is no `tripod {command[0]}`"
    found.make_context(command[0], command[1:])


@pytest.mark.parametrize("command", AGENT)
def test_the_agent_understands_its_own(command: str) -> None:
    known = {name for role in ("etcd", "control-plane", "workers") for name in role_named(role).commands}
    assert command in known


def test_there_are_commands() -> None:
    assert {"status", "start-etcd", "start-api-server"} <= set(AGENT)
    assert {"roll", "backup", "backups", "restore"} <= {command[0] for command in COMMANDS}
