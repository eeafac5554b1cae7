"""Specifications made of sections, each read on its own, so that one with errors does not hide those of others."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from tripod.core.problems import Path, Problem, camel_case, snake_case
from tripod.core.spec import Spec, display_value, shape_problem, unknown_key, without_reported

CrossRule = Callable[..., Iterator[Problem]]
"""A rule between sections: its parameters are named as the sections that it needs."""


class SectionedSpec(Spec):
    """A specification whose fields are sections.

    Attributes:
        cross_rules: the rules between sections; each runs when all that it needs could be read.
    """

    cross_rules: ClassVar[tuple[CrossRule, ...]] = ()

    def _rules(self) -> Iterator[Problem]:
        yield from self._between({name: getattr(self, name) for name in type(self).model_fields})

    @classmethod
    def read(cls, values: Mapping[str, object]) -> tuple[Self | None, list[Problem]]:
        """Read plain values section by section; see Spec.read."""
        fields, problems = cls.read_fields(values)
        return cls.from_fields(fields), problems

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self | None:
        """The specification, from its fields as read; None where one could not be read."""
        return cls.model_construct(**fields) if fields.keys() == cls.model_fields.keys() else None

    @classmethod
    def read_fields(cls, values: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
        """Read plain values section by section: the fields that could be read, and every problem found."""
        parsed: dict[str, Any] = {}
        problems = _unknown_sections(cls, values)
        wrong: list[Path] = []
        for name, field in cls.model_fields.items():
            value, found, places = _read_written(name, field, values)
            problems.extend(problem.under(name) for problem in found)
            wrong.extend((name, *place) for place in places)
            if value is not None:
                parsed[name] = value
        problems.extend(without_reported(cls._between(parsed), wrong))
        return parsed, problems

    @classmethod
    def _between(cls, fields: Mapping[str, object]) -> Iterator[Problem]:
        for rule in cls.cross_rules:
            wanted = inspect.signature(rule).parameters
            if wanted.keys() <= fields.keys():
                yield from rule(**{name: fields[name] for name in wanted})


def _unknown_sections(cls: type[Spec], values: Mapping[str, object]) -> list[Problem]:
    known = {key for name in cls.model_fields for key in (name, camel_case(name))}
    return [unknown_key(cls, (snake_case(key),)) for key in values if key not in known]


_Read = tuple[Any, list[Problem], list[Path]]
"""A value, or None; what is wrong with it; and where its shape is."""


def _read_written(name: str, field: FieldInfo, values: Mapping[str, object]) -> _Read:
    """A section by the key that it is written under, or its default."""
    written = [key for key in dict.fromkeys((camel_case(name), name)) if key in values]
    if len(written) > 1:
        problem = Problem((), f"{' and '.join(written)}", "one of them", "write the section once")
        return None, [problem], [()]
    if written:
        return _read_section(field, values[written[0]])
    if field.is_required():
        return None, [Problem((), "nothing", "a value", "add the key")], [()]
    return field.get_default(call_default_factory=True), [], []


def _read_section(field: FieldInfo, value: object) -> _Read:
    """One section: a specification, a list of them, or a single value."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, Spec) and isinstance(value, Mapping):
        return _read_spec(annotation, cast("Mapping[str, object]", value))
    item = next((arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, Spec)), None)
    if get_origin(annotation) is tuple and item is not None and isinstance(value, (list, tuple)):
        return _read_items(item, cast("Sequence[object]", value))
    try:
        return TypeAdapter[object](cast("Any", annotation)).validate_python(value), [], []
    except ValidationError as error:
        problems = [shape_problem(Spec, detail) for detail in error.errors(include_url=False)]
        return None, problems, [problem.path for problem in problems]


def _read_spec(spec: type[Spec], values: Mapping[str, object]) -> _Read:
    found, shape, wrong = spec.read_shape(values)
    meaning = without_reported(found.problems(), wrong) if found is not None else []
    return found, [*shape, *meaning], wrong


def _read_items(item: type[Spec], values: Sequence[object]) -> _Read:
    problems: list[Problem] = []
    wrong: list[Path] = []
    items: list[Spec] = []
    for position, value in enumerate(values):
        if isinstance(value, Mapping):
            spec, found, places = _read_spec(item, cast("Mapping[str, object]", value))
        else:
            spec, found, places = None, [Problem((), display_value(value), "keys with values", "write a mapping")], [()]
        problems.extend(problem.under(position) for problem in found)
        wrong.extend((position, *place) for place in places)
        if spec is not None:
            items.append(spec)
    return (tuple(items) if len(items) == len(values) else None), problems, wrong
