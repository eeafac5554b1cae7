"""Imports of Python files."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def imported(file: Path, package: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The modules that a file imports, relative names resolved: each as its parts.

    Args:
        file: the file.
        package: the package that it is in.
    """
    return tuple(_imported(ast.parse(file.read_text()), package))


def _imported(module_tree: ast.Module, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for node in ast.walk(module_tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            # `from package import module` names the module only in its list.
            yield from ((*module, alias.name) for alias in node.names)
