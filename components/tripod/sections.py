"""Specifications made of sections, each read on its own, so that a broken one does not hide what others break."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from tripod.problems import Problem, camel_case
from tripod.specs import Spec, shape_problem, unknown_key

CrossRule = Callable[..., Iterator[Problem]]
"""A rule between sections: its parameters are named as the sections that it needs."""


class Sections(Spec):
    """A specification whose fields are sections.

    Attributes:
        cross_rules: the rules between sections; each runs when all that it needs could be read.
    """

    cross_rules: ClassVar[tuple[CrossRule, ...]] = ()

    def _rules(self) -> Iterator[Problem]:
        yield from self._between({name: getattr(self, name) for name in type(self).model_fields})

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> tuple[Self | None, list[Problem]]:
        """Read plain values section by section; see Spec.read."""
        parsed: dict[str, Any] = {}
        problems = _unknown_sections(cls, values)
        for name, field in cls.model_fields.items():
            written = next((key for key in (camel_case(name), name) if key in values), None)
            if written is None and not field.is_required():
                parsed[name] = field.get_default(call_default_factory=True)
                continue
            if written is None:
                problems.append(Problem((name,), "nothing", "a value", "add the key"))
                continue
            value, found = _read_section(field, values[written])
            problems.extend(problem.under(name) for problem in found)
            if value is not None:
                parsed[name] = value
        problems.extend(cls._between(parsed))
        whole = cls.model_construct(**parsed) if parsed.keys() == cls.model_fields.keys() else None
        return whole, problems

    @classmethod
    def _between(cls, sections: Mapping[str, Any]) -> Iterator[Problem]:
        for rule in cls.cross_rules:
            wanted = inspect.signature(rule).parameters
            if wanted.keys() <= sections.keys():
                yield from rule(**{name: sections[name] for name in wanted})


def _unknown_sections(cls: type[Spec], values: Mapping[str, Any]) -> list[Problem]:
    known = {key for name in cls.model_fields for key in (name, camel_case(name))}
    return [unknown_key(cls, (key,)) for key in values if key not in known]


def _read_section(field: FieldInfo, value: Any) -> tuple[Any, list[Problem]]:
    """One section: a specification, a list of them, or a single value."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, Spec) and isinstance(value, Mapping):
        return annotation.read(cast("Mapping[str, Any]", value))
    item = next((arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, Spec)), None)
    if get_origin(annotation) is tuple and item is not None and isinstance(value, (list, tuple)):
        return _read_items(item, cast("Sequence[Any]", value))
    try:
        return TypeAdapter[Any](cast("Any", annotation)).validate_python(value), []
    except ValidationError as error:
        return None, [shape_problem(Spec, detail) for detail in error.errors(include_url=False)]


def _read_items(item: type[Spec], values: Sequence[Any]) -> tuple[tuple[Spec, ...] | None, list[Problem]]:
    problems: list[Problem] = []
    items: list[Spec] = []
    for position, value in enumerate(values):
        if isinstance(value, Mapping):
            spec, found = item.read(cast("Mapping[str, Any]", value))
        else:
            spec, found = None, [Problem((), str(value), "keys with values", "write a mapping")]
        problems.extend(problem.under(position) for problem in found)
        if spec is not None:
            items.append(spec)
    return (tuple(items) if len(items) == len(values) else None), problems
