"""Descriptions of a specification's fields: the docstrings under them.

Pydantic can read them itself (`use_attribute_docstrings`), but does so whenever the library is imported, which costs
every command a tenth of its time.
"""

import ast
import inspect
from functools import cache
from textwrap import dedent

from tripod.core.spec import Spec


@cache
def descriptions(spec: type[Spec]) -> dict[str, str]:
    """Field → docstring, inherited fields too."""
    found: dict[str, str] = {}
    for base in reversed(spec.__mro__):
        if issubclass(base, Spec):
            found |= _own_descriptions(base)
    return found


def _own_descriptions(spec: type[Spec]) -> dict[str, str]:
    (definition,) = ast.parse(dedent(inspect.getsource(spec))).body
    if not isinstance(definition, ast.ClassDef):
        raise TypeError(spec)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
