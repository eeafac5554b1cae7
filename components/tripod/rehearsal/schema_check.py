"""Kubernetes objects, compared with the SDK's types, which are generated from Kubernetes' OpenAPI schema."""

import inspect
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

# Nothing public says what fields a type has.
from pulumi import (
    Output,
    _types,  # pyright: ignore[reportPrivateUsage]
)

from tripod.addons.framework.objects import is_builtin
from tripod.core.json_types import JsonMapping

SCHEMA = f"the types of pulumi-kubernetes {version('pulumi-kubernetes')}"
"""Schema that objects are compared with where there is no API server."""

_SCALARS: Mapping[type, tuple[type, ...]] = {
    str: (str,),
    int: (int, float),
    float: (int, float),
    bool: (bool,),
}


def schema_errors(inputs: JsonMapping) -> list[str]:
    """List an object's deviations from its kind's type: unknown fields, missing ones, wrong types.

    Args:
        inputs: the object, as Kubernetes' API has it.
    """
    if not is_builtin(inputs["apiVersion"]):
        return []
    found = sdk_class(inputs["apiVersion"], inputs["kind"])
    if found is None:
        return [f"kind: there is no {inputs['kind']} in {inputs['apiVersion']}"]
    arguments = getattr(import_module(found.__module__), f"{found.__name__}InitArgs")
    return list(_within(inputs, arguments, ""))


def sdk_class(api_version: str, kind: str) -> Any:
    """The SDK's class for a kind of Kubernetes' own; None where it has none.

    Args:
        api_version: such as apps/v1.
        kind: such as Deployment.
    """
    group, _, version_ = api_version.rpartition("/")
    first = group.partition(".")[0] or "core"
    try:
        module = import_module(f"pulumi_kubernetes.{first}.{version_}")
    except ModuleNotFoundError:
        return None
    return getattr(module, kind, None)


def _within(value: object, expected: Any, path: str) -> Iterator[str]:
    """Yield the errors of a value and of its children."""
    if value is None or expected is Any:
        return
    origin = get_origin(expected)
    if origin in (Union, UnionType):
        # What is not known yet may stand anywhere; here everything is known.
        awaited = (Awaitable, Output, type(None))
        options = [option for option in get_args(expected) if (get_origin(option) or option) not in awaited]
        if not any(not list(_within(value, option, path)) for option in options):
            yield from _within(value, options[0], path)
    elif origin is Literal:
        if value not in get_args(expected):
            yield f"{path}: {value!r}, not {get_args(expected)[0]!r}"
    elif origin in (Sequence, list):
        yield from _items(value, get_args(expected)[0], path)
    elif origin in (Mapping, dict):
        yield from _entries(value, get_args(expected)[1], path)
    elif _types.is_input_type(expected):
        yield from _fields(value, expected, path)
    elif expected in _SCALARS and not _is(value, expected):
        yield f"{path}: {type(value).__name__}, not {expected.__name__}"


def _is(value: object, expected: type) -> bool:
    return isinstance(value, _SCALARS[expected]) and (expected is bool or not isinstance(value, bool))


def _items(value: object, expected: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {type(value).__name__}, not a list"
        return
    for position, item in enumerate(cast("list[object]", value)):
        yield from _within(item, expected, f"{path}[{position}]")


def _entries(value: object, expected: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {type(value).__name__}, not a mapping"
        return
    for key, item in cast("Mapping[str, object]", value).items():
        yield from _within(item, expected, f"{path}[{key}]")


def _fields(value: object, expected: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {type(value).__name__}, not a mapping"
        return
    given = cast("Mapping[str, object]", value)
    known: Mapping[str, object] = _types.input_type_types(expected)
    names: dict[str, str] = _types.input_type_py_to_pulumi_names(expected)
    for key, item in given.items():
        here = f"{path}.{key}" if path else key
        if key in known:
            yield from _within(item, known[key], here)
        else:
            yield f"{here}: no such field"
    parameters = inspect.signature(expected.__init__).parameters.values()
    for parameter in parameters:
        name = names.get(parameter.name)
        if name and parameter.default is inspect.Parameter.empty and given.get(name) is None:
            yield f"{path}.{name}: missing" if path else f"{name}: missing"
