"""Secrets stay secret in the engine's state, in its output, and on disk."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, cast

from support.engine import EngineStack, Up
from support.stacks.reading import texts

SECRET_SIGN = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the engine's mark of a secret in its state

LONG_ENOUGH = 16
"""Shorter texts may stand in a state for another reason."""


def _secrets(value: Any) -> Iterator[str]:
    """Every text that is secret, of a state with its secrets shown."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if SECRET_SIGN in mapping:
            yield from texts(json.loads(mapping["plaintext"]))
        else:
            for item in mapping.values():
                yield from _secrets(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _secrets(item)


def _decoded(text: str) -> str:
    """Contents of a text's base64 parts."""
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


def test_no_private_key_is_readable_in_the_state(local: EngineStack) -> None:
    shown = texts(local.export("--show-secrets"))
    assert any("PRIVATE KEY" in text for text in shown if text)
    found = texts(local.export())
    assert [text for text in found if "PRIVATE KEY" in text or "PRIVATE KEY" in _decoded(text)] == []


def test_no_secret_is_readable_in_the_state(local: EngineStack) -> None:
    secrets = {text for text in _secrets(local.export("--show-secrets")) if len(text) >= LONG_ENOUGH}
    assert secrets
    # Line ends are escaped in JSON, so whole texts are compared, not the file.
    clear = "\0".join(texts(local.export()))
    assert [text for text in secrets if text in clear] == []


def test_no_private_key_is_readable_on_disk_or_in_what_is_printed(first_up: Up) -> None:
    files = [file for file in first_up.stack.state.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if b"PRIVATE KEY" in file.read_bytes()] == []
    assert "PRIVATE KEY" not in first_up.output


def test_the_kubeconfig_is_a_secret_output(local: EngineStack) -> None:
    assert local.outputs()["kubeconfig"] == "[secret]"
    shown = json.loads(local.pulumi("stack", "output", "kubeconfig", "--show-secrets"))
    assert shown["users"][0]["user"]["client-key-data"]
