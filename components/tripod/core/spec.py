"""The base of every specification: a frozen model that reads plain values and finds every problem with them."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Self, Union, cast, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tripod.core.json_types import JsonObject
from tripod.core.problems import ConfigurationError, MapKey, Path, Problem, camel_case, snake_case


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a whole number")  # noqa: TRY004 - pydantic reports ValueErrors
    return value


Whole = Annotated[int, BeforeValidator(_no_boolean)]
"""A whole number. A component in the plugin host receives it as a float (pulumi 3.272); booleans are refused."""


class Spec(BaseModel):
    """A frozen specification.

    Keys are accepted as they are written in a stack file (``instanceType``) and in Python
    (``instance_type``). Shape (unknown keys, types, missing values) is pydantic's to check;
    meaning by pure functions, which ``_rules`` calls.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=camel_case,
        populate_by_name=True,
    )

    def _rules(self) -> Iterator[Problem]:
        """Problems of this specification's own values, each path starting at one of its fields."""
        yield from ()

    def problems(self) -> Iterator[Problem]:
        """Problems of this specification and of every nested one."""
        for name in type(self).model_fields:
            yield from _nested_problems(getattr(self, name), (name,))
        yield from self._rules()

    @classmethod
    def read(cls, values: Mapping[str, object]) -> tuple[Self | None, list[Problem]]:
        """Read plain values.

        Returns:
            The specification, or None where its shape forbids one, and every problem found. Keys that are
            unknown or of a wrong type are reported and set aside, so that they do not hide what else is wrong.
        """
        spec, shape, wrong = cls.read_shape(values)
        if spec is None:
            return None, shape
        return spec, [*shape, *without_reported(spec.problems(), wrong)]

    @classmethod
    def read_shape(cls, values: Mapping[str, object]) -> tuple[Self | None, list[Problem], list[Path]]:
        """Read plain values and check their shape only.

        Returns:
            The specification without the values of a wrong shape, or None where those are required; the problems;
            and their paths.
        """
        try:
            return cls.model_validate(values), [], []
        except ValidationError as error:
            details = error.errors(include_url=False)
        shape = [shape_problem(cls, detail) for detail in details]
        paths = [problem.path for problem in shape]
        wrong = [detail["loc"] for detail in details if detail["type"] != "missing"]
        try:
            return cls.model_validate(_without(values, wrong)), shape, paths
        except ValidationError:
            return None, shape, paths

    @classmethod
    def load(cls, values: Mapping[str, object]) -> Self:
        """Read plain values, or refuse them.

        Raises:
            ConfigurationError: with every problem at once.
        """
        spec, problems = cls.read(values)
        if spec is None or problems:
            raise ConfigurationError(problems)
        return spec

    def plain(self) -> JsonObject:
        """The values as they were read, with defaults: a component's arguments, as its state records them."""
        return self.model_dump(mode="json")


def without_reported(problems: Iterable[Problem], wrong: Iterable[Path]) -> list[Problem]:
    """Problems with paths neither below nor above those that have been reported."""
    places = list(wrong)

    def reported(path: Path) -> bool:
        return any(path[: len(place)] == place[: len(path)] for place in places)

    return [problem for problem in problems if not reported(problem.path)]


def _nested_problems(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, Spec):
        for problem in value.problems():
            yield problem.under(*path)
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _nested_problems(item, (*path, position))
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            yield from _nested_problems(item, (*path, MapKey(key)))


def shape_problem(spec: type[Spec], detail: ErrorDetails) -> Problem:
    """A problem from an error of pydantic."""
    path = _path_of(spec, detail["loc"])
    if detail["type"] == "extra_forbidden":
        return unknown_key(spec, path)
    if detail["type"] == "missing":
        return Problem(path, "nothing", "a value", "add the key")
    expected = str(detail.get("ctx", {}).get("expected", ""))
    allowed = expected or detail["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    given = "a value that is not shown" if _may_be_secret(path) else display_value(detail["input"])
    return Problem(path, given, allowed, "change the value")


def unknown_key(spec: type[Spec], path: Path) -> Problem:
    """An unknown key. Its value is never shown: it may be a secret at the wrong place."""
    known = _keys_at(spec, path[:-1])
    if _may_be_secret(path):
        remedy = "secrets are never written in clear: name a secret of Secrets Manager where one is asked for"
    else:
        near = difflib.get_close_matches(camel_case(str(path[-1])), known, 1)
        remedy = f"did you mean {near[0]}?" if near else "remove the key"
    return Problem(path, "an unknown key", f"one of {', '.join(known)}" if known else "no key here", remedy)


def _path_of(spec: type[Spec], location: tuple[int | str, ...]) -> Path:
    """A location of pydantic as a path: fields by their names, keys of mappings as they are written."""
    path: list[int | str] = []
    annotations: list[object] = [spec]
    for part in location:
        models = [one for one in annotations if isinstance(one, type) and issubclass(one, Spec)]
        segment = part
        if isinstance(part, str):
            segment = snake_case(part) if models or not annotations else MapKey(part)
        path.append(segment)
        if models:
            inner = [model.model_fields[segment].annotation for model in models if segment in model.model_fields]
        else:
            arguments = [[item for item in get_args(one) if item is not Ellipsis] for one in annotations]
            inner = [items[-1] for items in arguments if items]
        annotations = [member for one in inner for member in _members(one)]
    return tuple(path)


def _members(annotation: object) -> tuple[object, ...]:
    """The alternatives of a union; anything else is its own."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _may_be_secret(path: Path) -> bool:
    return any(re.search(r"password|secret|token|credential|private|value", str(part)) for part in path)


def _keys_at(spec: type[Spec], path: Path) -> list[str]:
    """The keys of the model at a path, as a stack file writes them."""
    model: type[Spec] | None = spec
    for segment in path:
        if isinstance(segment, str) and segment in model.model_fields:
            model = _nested_spec(model.model_fields[segment].annotation)
        if model is None:
            return []
    return [camel_case(name) for name in model.model_fields]


def _nested_spec(annotation: object) -> type[Spec] | None:
    """The specification in ``S``, ``S | None``, ``tuple[S, ...]`` or ``dict[str, S]``."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation
    nested = (_nested_spec(part) for part in get_args(annotation))
    return next((spec for spec in nested if spec is not None), None)


def _without(values: object, locations: list[tuple[int | str, ...]]) -> object:
    """A copy of nested plain values without the keys and items at some locations."""
    here = {location[0] for location in locations if len(location) == 1}
    deeper: dict[int | str, list[tuple[int | str, ...]]] = {}
    for location in locations:
        if len(location) > 1:
            deeper.setdefault(location[0], []).append(location[1:])
    if isinstance(values, Mapping):
        items = cast("Mapping[int | str, object]", values).items()
        return {key: _without(value, deeper.get(key, [])) for key, value in items if key not in here}
    if isinstance(values, (list, tuple)):
        listed = enumerate(cast("list[object]", values))
        return [_without(value, deeper.get(position, [])) for position, value in listed if position not in here]
    return values


def display_value(value: object) -> str:
    """A value for an error message: short, on one line, without the content of lists and mappings."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
