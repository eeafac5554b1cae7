"""The base of every specification: a frozen model that reads plain values and finds all that is wrong with them."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Self, cast, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tripod.problems import ConfigurationError, Path, Problem, camel_case, snake_case


class Spec(BaseModel):
    """A frozen specification.

    Keys are accepted as they are written in a stack file (``instanceType``) and in Python
    (``instance_type``). Shape (unknown keys, types, missing values) is pydantic's to check;
    meaning is checked by pure functions, which ``rules`` names.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=camel_case,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    def _rules(self) -> Iterator[Problem]:
        """What this specification's own values break, each path starting at one of its fields."""
        yield from ()

    def problems(self) -> Iterator[Problem]:
        """What this specification and every one inside it break."""
        for name in type(self).model_fields:
            yield from _problems_within(getattr(self, name), (name,))
        yield from self._rules()

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> tuple[Self | None, list[Problem]]:
        """Read plain values.

        Returns:
            The specification, or None where its shape forbids one, and every problem found. Keys that are
            unknown or of a wrong type are reported and set aside, so that they do not hide what else is wrong.
        """
        values = _without_float_counts(values)
        try:
            spec = cls.model_validate(values)
            return spec, list(spec.problems())
        except ValidationError as error:
            details = error.errors(include_url=False)
        shape = [shape_problem(cls, detail) for detail in details]
        wrong = [detail["loc"] for detail in details if detail["type"] != "missing"]
        try:
            rest = cls.model_validate(_without(values, wrong))
        except ValidationError:
            return None, shape
        return rest, [*shape, *rest.problems()]

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Self:
        """Read plain values, or refuse them.

        Raises:
            ConfigurationError: with every problem at once.
        """
        spec, problems = cls.read(values)
        if spec is None or problems:
            raise ConfigurationError(problems)
        return spec

    def plain(self) -> dict[str, Any]:
        """The values as they were read, defaults filled in: what a component takes as arguments."""
        return self.model_dump(mode="json")


def _problems_within(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, Spec):
        for problem in value.problems():
            yield problem.under(*path)
    elif isinstance(value, (list, tuple)):
        for position, item in enumerate(cast("tuple[object, ...]", value)):
            yield from _problems_within(item, (*path, position))
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            yield from _problems_within(item, (*path, key))


def shape_problem(spec: type[Spec], detail: ErrorDetails) -> Problem:
    """What pydantic found, in our words."""
    path = tuple(snake_case(part) if isinstance(part, str) else part for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return unknown_key(spec, path)
    if detail["type"] == "missing":
        return Problem(path, "nothing", "a value", "add the key")
    allowed = str(detail.get("ctx", {}).get("expected", "")) or detail["msg"].removeprefix("Input should be ")
    given = "a value that is not shown" if _may_be_secret(path) else shown(detail["input"])
    return Problem(path, given, allowed, "change the value")


def unknown_key(spec: type[Spec], path: Path) -> Problem:
    """A key that no model knows. Its value is never shown: it may be a secret at the wrong place."""
    path = tuple(snake_case(part) if isinstance(part, str) else part for part in path)
    known = _keys_at(spec, path[:-1])
    if _may_be_secret(path):
        remedy = "secrets are never written in clear: name a secret of Secrets Manager where one is asked for"
    else:
        near = difflib.get_close_matches(camel_case(str(path[-1])), known, 1)
        remedy = f"did you mean {near[0]}?" if near else "remove the key"
    return Problem(path, "an unknown key", f"one of {', '.join(known)}" if known else "no key here", remedy)


def _may_be_secret(path: Path) -> bool:
    return bool(re.search(r"password|secret|token|credential|private|value", str(path[-1]) if path else ""))


def _keys_at(spec: type[Spec], path: Path) -> list[str]:
    """The keys that the model at a path knows, as a stack file writes them."""
    model: Any = spec
    for segment in path:
        if isinstance(segment, str) and segment in model.model_fields:
            model = _spec_inside(model.model_fields[segment].annotation)
        if model is None:
            return []
    return [camel_case(name) for name in model.model_fields]


def _spec_inside(annotation: Any) -> type[Spec] | None:
    """The specification in ``S``, ``S | None``, ``tuple[S, ...]`` or ``dict[str, S]``."""
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation
    inside = (_spec_inside(part) for part in get_args(annotation))
    return next((spec for spec in inside if spec is not None), None)


def _without(values: Any, locations: list[tuple[int | str, ...]]) -> Any:
    """A copy of nested plain values without the keys at some locations."""
    here = {location[0] for location in locations if len(location) == 1}
    deeper: dict[int | str, list[tuple[int | str, ...]]] = {}
    for location in locations:
        if len(location) > 1:
            deeper.setdefault(location[0], []).append(location[1:])
    if isinstance(values, Mapping):
        items = cast("Mapping[int | str, Any]", values).items()
        return {key: _without(value, deeper.get(key, [])) for key, value in items if key not in here}
    if isinstance(values, (list, tuple)):
        return [_without(value, deeper.get(i, [])) for i, value in enumerate(cast("list[Any]", values))]
    return values


def _without_float_counts(values: Any) -> Any:
    """Whole floats as integers: a hosted component receives every number as a float (pulumi 3.272)."""
    if isinstance(values, Mapping):
        return {key: _without_float_counts(value) for key, value in cast("Mapping[str, Any]", values).items()}
    if isinstance(values, (list, tuple)):
        return [_without_float_counts(value) for value in cast("list[Any]", values)]
    if isinstance(values, float) and values.is_integer():
        return int(values)
    return values


def shown(value: object) -> str:
    """A value for a person to recognise: short, on one line."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
