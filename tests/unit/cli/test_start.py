"""The command starts without the libraries that only some commands need."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = {"boto3", "botocore", "cryptography", "kubernetes", "moto", "pulumi", "pulumi_aws", "pydantic", "rich", "yaml"}
PROGRAM = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from tripod.cli.main import main
main()
"""


def loaded(*arguments: str, **environment: str) -> set[str]:
    """The top-level modules that a run of the command has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


@pytest.mark.parametrize("arguments", [("plan", "--help"), ("cutover", "--help"), ("rotate", "--help")])
def test_help_loads_no_sdk(arguments: tuple[str, ...]) -> None:
    # Typer itself loads pydantic for the help of a command with parameters.
    assert loaded(*arguments) & HEAVY - {"pydantic"} == set()


def test_the_list_of_commands_and_completion_load_nothing_else() -> None:
    assert loaded("--help") & HEAVY == set()
    asked = {"_TRIPOD_COMPLETE": "complete_bash", "COMP_WORDS": "tripod ro", "COMP_CWORD": "1"}
    assert loaded(**asked) & HEAVY == set()
