"""A Pulumi project on disk, and the configuration of its stacks."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

OPAQUE = "[encrypted]"
"""Placeholder of a value that only the engine can decrypt."""


ConfigPath = tuple[str | int, ...]
"""A key with its namespace, then keys and positions within its value."""


class ProjectError(Exception):
    """A project or stack that is missing or cannot be read. The message names the folder or file."""


@dataclass(frozen=True)
class Project:
    """A project.

    Attributes:
        folder: the folder of its Pulumi.yaml.
        name: its name.
        main: the folder of its program.
        stacks: the names of the stacks that have a file.
    """

    folder: Path
    name: str
    main: Path
    stacks: tuple[str, ...]


@dataclass(frozen=True)
class StackConfig:
    """The configuration of a stack.

    Attributes:
        values: key with namespace → value, objects as JSON, as the engine hands them to a program.
        encrypted: the paths (key, then keys and positions) of values that are encrypted in the file.
    """

    values: Mapping[str, str]
    encrypted: frozenset[ConfigPath]

    @property
    def secret_keys(self) -> list[str]:
        """The keys in which anything is encrypted."""
        return sorted({str(path[0]) for path in self.encrypted})

    @property
    def region(self) -> str:
        """The region of the default AWS provider."""
        return str(self.get("aws:region") or "")

    @property
    def endpoint(self) -> str | None:
        """The address of an emulator of AWS; None for AWS itself.

        Raises:
            ProjectError: the value is no address.
        """
        endpoints: Any = self.get("aws:endpoints")
        if not endpoints:
            return None
        match endpoints:
            case [{**services}] if services:
                address = str(next(iter(services.values())))
            case _:
                raise ProjectError("aws:endpoints: a list of one mapping is expected: service → address")
        if not re.fullmatch(r"https?://[^/:\s]+(:\d+)?/?", address):
            raise ProjectError(f"aws:endpoints: {address!r} is no address such as http://127.0.0.1:5566")
        return address

    def get(self, key: str) -> Any:
        """A value, parsed; None if it is not set."""
        text = self.values.get(key)
        return None if text is None else parse_value(text)


def parse_value(text: str) -> Any:
    """Parse a value of a configuration: JSON, or any other text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def find_project(start: Path) -> Project:
    """Find the project of a folder: in it, or in the nearest folder above.

    Raises:
        ProjectError: there is none.
    """
    for folder in (start, *start.parents):
        file = folder / "Pulumi.yaml"
        if file.is_file():
            return _read_project(file)
    raise ProjectError(f"no Pulumi.yaml in {start} or above it: go to the folder of a project")


def _read_project(file: Path) -> Project:
    content = _mapping(file)
    if not content.get("name"):
        raise ProjectError(f"{file} names no project")
    folder = file.parent
    stacks = sorted(found.name.removeprefix("Pulumi.").removesuffix(".yaml") for found in folder.glob("Pulumi.*.yaml"))
    return Project(folder, str(content["name"]), folder / str(content.get("main", ".")), tuple(stacks))


def _mapping(file: Path) -> dict[str, object]:
    """Read a file's keys and values; none if it is empty."""
    try:
        content: object = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, ValueError) as error:  # ValueError: invalid text, or an invalid date
        raise ProjectError(f"{file} is not YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ProjectError(f"{file}: keys with values are expected")
    return cast("dict[str, object]", content)


def read_stack(project: Project, stack: str) -> StackConfig:
    """Read a stack's configuration.

    Raises:
        ProjectError: there is no such stack, or its file cannot be read.
    """
    file = project.folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = ", ".join(project.stacks) or "none"
        raise ProjectError(f"no stack {stack!r}: {file} does not exist (stacks here: {known})")
    config: object = _mapping(file).get("config") or {}
    if not isinstance(config, dict):
        raise ProjectError(f"{file}: config must be keys with values")
    values: dict[str, str] = {}
    encrypted: set[ConfigPath] = set()
    for written, value in cast("dict[object, object]", config).items():
        key = str(written)
        full = key if ":" in key else f"{project.name}:{key}"
        try:
            clear = _without_ciphertext(value, (full,), encrypted)
            values[full] = clear if isinstance(clear, str) else json.dumps(clear, default=str)
        except (TypeError, RecursionError) as error:
            raise ProjectError(f"{file}: {key} cannot be passed to a program: {error}") from error
    return StackConfig(values, frozenset(encrypted))


def encrypted_paths(stack: str, start: Path) -> frozenset[ConfigPath] | None:
    """Find encrypted values in a stack file. The engine shows a program only the keys that have any.

    Args:
        stack: the stack's name.
        start: a folder of the project.

    Returns:
        The paths (key, then keys and positions); None if there is no such file.
    """
    try:
        return read_stack(find_project(start), stack).encrypted
    except ProjectError:
        return None


def _without_ciphertext(value: object, path: ConfigPath, encrypted: set[ConfigPath]) -> object:
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        if mapping.keys() == {"secure"}:
            encrypted.add(path)
            return OPAQUE
        return {key: _without_ciphertext(item, (*path, key), encrypted) for key, item in mapping.items()}
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_without_ciphertext(item, (*path, i), encrypted) for i, item in enumerate(items)]
    return value
