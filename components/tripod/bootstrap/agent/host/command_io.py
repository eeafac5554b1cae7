"""Input and output of operators' commands: one JSON object each, passed through SSM."""

import json
import os

from ..core.errors import AgentError
from ..core.typed_json import JsonObject

ARGUMENTS = "TRIPOD_ARGUMENTS"
"""The variable with a command's arguments, one JSON object."""


def arguments() -> JsonObject:
    """Parse the command's arguments; a timer passes none.

    Raises:
        AgentError: they are not a JSON object.
    """
    try:
        given: object = json.loads(os.environ.get(ARGUMENTS, "{}"))
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise AgentError(f"{ARGUMENTS} is not a JSON object")
    return given  # pyright: ignore[reportUnknownVariableType]


def answer(**fields: object) -> str:
    """Serialise a command's answer."""
    return json.dumps(fields, sort_keys=True)
