"""User data: a small program that fetches the boot agent, verifies it and runs it."""

import base64
import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files

from tripod.bootstrap.agent.instance.documents import BootPointers

USER_DATA_LIMIT = 4096
"""The limit of the stub in bytes, for readability. EC2's own limit is 16384."""


@cache
def _stub() -> str:
    return files("tripod.bootstrap").joinpath("stub.py.template").read_text()


def user_data(pointers: BootPointers) -> str:
    """Render the user data of an instance, in base64.

    Raises:
        ValueError: it has outgrown USER_DATA_LIMIT.
    """
    text = _stub().replace("@BOOT@", json.dumps(asdict(pointers), sort_keys=True))
    data = text.encode()
    if len(data) > USER_DATA_LIMIT:
        raise ValueError(f"the user data has {len(data)} bytes; at most {USER_DATA_LIMIT} are allowed")
    return base64.b64encode(data).decode()
