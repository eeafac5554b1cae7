"""Parsed JSON, checked against a dataclass and its field types."""

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

JsonObject = dict[str, Any]
"""A JSON object: of Kubernetes, of etcd, or an answer of AWS."""


def read_typed(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    """Convert parsed JSON to a type: int, str, a Literal, dict[str, …], tuple[…, ...] or a dataclass of these.

    Args:
        kind: the type.
        value: the parsed JSON.
        path: its path in the document; empty at the top.
        problems: extended by every unknown, missing or wrongly typed field. If it grows, the result is unusable.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value not in arguments:
            problems.append(f"{path} is {value!r}, there are {', '.join(arguments)}")
        return value
    expected: type = dict if is_dataclass(kind) else list if origin is tuple else origin or kind
    # Not isinstance: a bool is an int.
    if type(value) is not expected:
        problems.append(f"{path} is no {expected.__name__}".lstrip())
        return None
    if is_dataclass(kind):
        return _read_fields(kind, value, f"{path}." if path else "", problems)
    if origin is tuple:
        return tuple(read_typed(arguments[0], one, f"{path}[{index}]", problems) for index, one in enumerate(value))
    if origin is dict:
        return {name: read_typed(arguments[1], one, f"{path}.{name}", problems) for name, one in value.items()}
    return value


def _read_fields(kind: Any, value: JsonObject, prefix: str, problems: list[str]) -> Any:
    types, before = get_type_hints(kind), len(problems)
    required = [field.name for field in fields(kind) if field.default is MISSING]
    problems.extend(f"{prefix}{name} is missing" for name in required if name not in value)
    problems.extend(f"{prefix}{name} is unknown" for name in value if name not in types)
    found = {
        name: read_typed(type_, value[name], f"{prefix}{name}", problems)
        for name, type_ in types.items()
        if name in value
    }
    return kind(**found) if len(problems) == before else None
