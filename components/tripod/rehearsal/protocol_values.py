"""Values as the engine's protocol carries them: secrets and unknowns kept apart from what is plain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from google.protobuf import struct_pb2

from tripod.core.json_types import JsonObject

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's mark of a secret, not a secret
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

SECRET_SHOWN = "[secret]"  # noqa: S105
UNKNOWN_SHOWN = "[known after up]"


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted wherever it is kept."""

    value: object


class Unknown:
    """A value that only `up` will know."""

    def __repr__(self) -> str:
        return UNKNOWN_SHOWN


UNKNOWN = Unknown()


def read(struct: struct_pb2.Struct) -> JsonObject:
    """A message's properties, with Secret and UNKNOWN where they are marked."""
    return {key: _read_value(value) for key, value in struct.fields.items()}


def _read_value(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _read_struct(value.struct_value)
    if kind == "list_value":
        return [_read_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == _UNKNOWN_TEXT else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _read_struct(struct: struct_pb2.Struct) -> object:
    signature = struct.fields.get(_SIGNATURE)
    if signature is None:
        return read(struct)
    if signature.string_value == _SECRET:
        return Secret(_read_value(struct.fields["value"]))
    if signature.string_value == _RESOURCE:
        return struct.fields["urn"].string_value
    return {key: _read_value(value) for key, value in struct.fields.items() if key != _SIGNATURE}


def write(values: Mapping[str, object]) -> struct_pb2.Struct:
    """Properties as a message."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        _write_value(struct.fields[key], value)
    return struct


def _write_value(target: struct_pb2.Value, value: object) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, Unknown):
        target.string_value = _UNKNOWN_TEXT
    elif isinstance(value, Secret):
        target.struct_value.fields[_SIGNATURE].string_value = _SECRET
        _write_value(target.struct_value.fields["value"], value.value)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.CopyFrom(write(cast("Mapping[str, object]", value)))
    elif isinstance(value, Sequence):
        target.list_value.SetInParent()
        for item in cast("Sequence[object]", value):
            _write_value(target.list_value.values.add(), item)
    else:
        raise TypeError(f"{type(value).__name__} has no form in the engine's protocol")


def plain(value: object) -> Any:
    """A value with its secrets in clear text: for resources to be created, never for output."""
    return _mapped(value, lambda secret: plain(secret.value), None)


def display_value(value: object) -> object:
    """Prepare a value for printing: secrets and unknowns become placeholders."""
    return _mapped(value, lambda _: SECRET_SHOWN, UNKNOWN_SHOWN)


def is_secret(value: object) -> bool:
    """True if anything in a value is secret."""
    if isinstance(value, Mapping):
        return any(is_secret(item) for item in cast("Mapping[str, object]", value).values())
    if isinstance(value, list):
        return any(is_secret(item) for item in cast("list[object]", value))
    return isinstance(value, Secret)


def _mapped(value: object, secret: Callable[[Secret], object], unknown: str | None) -> object:
    if isinstance(value, Secret):
        return secret(value)
    if isinstance(value, Unknown):
        return unknown
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return {key: _mapped(item, secret, unknown) for key, item in items}
    if isinstance(value, list):
        return [_mapped(item, secret, unknown) for item in cast("list[object]", value)]
    return value
