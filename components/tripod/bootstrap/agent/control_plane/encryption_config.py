"""Encryption configuration of the API server: Secrets in etcd."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import cast

from ..core.errors import AgentError

RESOURCES = ("secrets",)
"""Encrypted resources, which a key rotation rewrites."""

KEY_BYTES = 32


def encryption_config(secret: Mapping[str, object]) -> str:
    """Render the API server's configuration from the keys in the cluster's secret.

    The first key encrypts, every key decrypts. Values stored before there was a key stay readable.

    Args:
        secret: ``{"keys": [{"name": …, "secret": …}]}``, each secret 32 bytes in base64.

    Raises:
        AgentError: it holds no usable list of keys. The message shows no key.
    """
    keys = _keys(secret)
    providers: list[dict[str, object]] = [{"secretbox": {"keys": keys}}, {"identity": {}}]
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": list(RESOURCES), "providers": providers}],
        },
        indent=1,
    )


def key_names(secret: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the keys in a secret, the one that encrypts first.

    Raises:
        AgentError: it holds no usable list of keys.
    """
    return tuple(key["name"] for key in _keys(secret))


def _keys(secret: Mapping[str, object]) -> list[dict[str, str]]:
    entries: object = secret.get("keys")
    if not isinstance(entries, list) or not entries:
        raise _unusable("holds no list of keys")
    keys = [_key(entry, place) for place, entry in enumerate(cast("Sequence[object]", entries), 1)]
    if len({key["name"] for key in keys}) < len(keys):
        raise _unusable("has two keys of one name")
    return keys


def _key(entry: object, place: int) -> dict[str, str]:
    fields: Mapping[str, object] = cast("Mapping[str, object]", entry) if isinstance(entry, dict) else {}
    name, secret = fields.get("name"), fields.get("secret")
    if not isinstance(name, str) or not name or ":" in name or not isinstance(secret, str):
        raise _unusable(f"has no name and secret in its key {place}")
    try:
        length = len(base64.b64decode(secret, validate=True))
    except (binascii.Error, ValueError):
        length = -1
    if length != KEY_BYTES:
        raise _unusable(f"has a key {name!r} that is not {KEY_BYTES} bytes in base64")
    return {"name": name, "secret": secret}


def _unusable(why: str) -> AgentError:
    return AgentError(f"the cluster's encryption secret {why}: restore its last good version")
