"""docs/configuration.md, from the models that read a stack file."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from field_descriptions import descriptions
from tripod.core.problems import camel_case
from tripod.core.spec import Spec
from tripod.stack.spec import StackSpec

HEADER = """# Configuration

Every key of a stack file. This page is written from the models that read the file (`make generate`); a test keeps it
true. A configuration that is refused names every problem at once: where it is, what was given, what is allowed and
what to do; nothing is created.

Keys of the AWS provider (`aws:region`, `aws:allowedAccountIds`, `aws:profile` …) are Pulumi's own. `aws:region` is
needed.

```yaml
{example}```
"""

EXAMPLE_STACK = "Pulumi.staging.yaml"


def configuration_reference() -> str:
    """The whole page."""
    from pathlib import Path  # noqa: PLC0415

    example = (Path(__file__).parent.parent / EXAMPLE_STACK).read_text()
    sections = [section for name, field in StackSpec.model_fields.items() for section in _section(name, field)]
    return HEADER.format(example=example) + "\n" + "\n".join(sections)


def _section(name: str, field: FieldInfo) -> Iterator[str]:
    """A section of the stack file, and the models nested in it."""
    spec = _spec_in(field.annotation)
    if spec is None:
        return
    key = f"tripod:{camel_case(name)}"
    listed = " (a list)" if get_origin(field.annotation) is tuple else ""
    needed = "Needed." if field.is_required() else "May be left out."
    yield f"## `{key}`{listed}\n\n{_sentence(spec.__doc__)} {needed}\n"
    yield from _table(spec, key + ("[]" if listed else ""))


def _table(spec: type[Spec], path: str) -> Iterator[str]:
    lines = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    inner: list[tuple[type[Spec], str, str]] = []
    for name, field in spec.model_fields.items():
        nested = _spec_in(field.annotation)
        here = f"{path}.{camel_case(name)}"
        if nested is not None:
            inner.append((nested, here, _container(field.annotation)))
        meaning = _sentence(descriptions(spec).get(name))
        lines.append(f"| `{camel_case(name)}` | {_type(field.annotation)} | {_default(field)} | {meaning} |")
    yield "\n".join(lines) + "\n"
    for nested, here, container in inner:
        yield f"### `{here}{container}`\n\n{_sentence(nested.__doc__)}\n"
        yield from _table(nested, here + container)


def _spec_in(annotation: Any) -> type[Spec] | None:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return annotation
    return next((spec for part in get_args(annotation) if (spec := _spec_in(part)) is not None), None)


def _container(annotation: Any) -> str:
    """The continuation of the path to a nested model."""
    origins = {get_origin(annotation), *(get_origin(part) for part in get_args(annotation))}
    return "[]" if tuple in origins else ".<zone>" if dict in origins else ""


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return "section"
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"mapping of {_type(arguments[0])} to {_type(arguments[1])}"
    if arguments:
        return _type(next(part for part in arguments if part is not type(None)))
    return {"str": "text", "int": "number", "bool": "true or false", "Any": "anything"}.get(
        annotation.__name__, annotation.__name__
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ((), {}) or isinstance(value, (Spec, tuple)):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _sentence(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
