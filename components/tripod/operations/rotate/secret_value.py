"""Value of the cluster's encryption secret: the keys in use, the one that encrypts first, and the retired ones."""

import base64
import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from tripod.bootstrap.agent.control_plane.encryption_config import KEY_BYTES, encryption_config, key_names
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.operations.backup.keys import RetiredKey
from tripod.operations.errors import OperationError
from tripod.operations.rotate.plan import Add, Drop, MakeFirst, Move

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
"""Form of a time in the secret."""


def changed_keys(value: JsonMapping, move: Move, now: datetime) -> JsonObject:
    """The secret's value after a move.

    Args:
        value: its value before.
        move: Add, MakeFirst or Drop; others change nothing.
        now: the time of a retirement.
    """
    keys: list[dict[str, str]] = list(value["keys"])
    match move:
        case Add(name):
            keys = [*keys, {"name": name, "secret": new_key()}]
        case MakeFirst(name):
            keys = sorted(keys, key=lambda key: key["name"] != name)
        case Drop(names, destroyed):
            gone = [{**key, "retired": f"{now:{MOMENT}}"} for key in keys if key["name"] in names]
            kept = [key for key in (*value.get("retired", ()), *gone) if key["name"] not in destroyed]
            return {**value, "keys": [key for key in keys if key["name"] not in names], "retired": kept}
        case _:
            pass
    return {**value, "keys": keys}


def retired_keys(value: JsonMapping) -> tuple[RetiredKey, ...]:
    """The retired keys in a secret.

    Raises:
        OperationError: one has no name, no key or no date.
    """
    found: Sequence[JsonMapping] = value.get("retired", ())
    try:
        if found:
            key_names({"keys": found})
        return tuple(RetiredKey(one["name"], _moment(one["retired"])) for one in found)
    except (AgentError, KeyError, TypeError, ValueError) as error:
        raise OperationError(
            f"the cluster's encryption secret has unusable retired keys ({error}): restore its last good version"
        ) from error


def _moment(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=UTC)


def with_keys_back(value: JsonMapping, names: Collection[str]) -> JsonObject:
    """The secret's value with retired keys behind those in use: API servers decrypt with them again."""
    retired: Sequence[dict[str, str]] = value.get("retired", ())
    back = [{"name": key["name"], "secret": key["secret"]} for key in retired if key["name"] in names]
    kept = [key for key in retired if key["name"] not in names]
    return {**value, "keys": [*value["keys"], *back], "retired": kept}


def new_key() -> str:
    """A random key."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def config_hash(value: JsonMapping) -> str:
    """The configuration hash in an API server's metric, once it has loaded these keys.

    Raises:
        AgentError: the secret holds no usable list of keys.
    """
    return hashlib.sha256(encryption_config(value).encode()).hexdigest()
