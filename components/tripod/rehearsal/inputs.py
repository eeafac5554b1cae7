"""A resource's inputs, of which every one must be used: an ignored one would be a silent success."""

from collections.abc import Mapping
from typing import Any, cast

from tripod.core.json_types import JsonObject
from tripod.core.problems import snake_case


class UnhandledInputError(Exception):
    """A rehearsal does not handle a resource's type, or one of its inputs."""


class Inputs:
    """Inputs that remember which of them were taken.

    Args:
        type_: the resource's type token.
        values: its inputs, secrets in clear text.
    """

    def __init__(self, type_: str, values: Mapping[str, object]) -> None:
        self.type = type_
        self._values = {name: value for name, value in values.items() if value is not None}
        self._taken: set[str] = set()

    def take(self, name: str, default: object = None) -> Any:
        """An input, or a default where it was not given."""
        self._taken.add(name)
        return self._values.get(name, default)

    def need(self, name: str) -> Any:
        """An input that must be there.

        Raises:
            UnhandledInputError: it is not.
        """
        self._taken.add(name)
        if name not in self._values:
            raise UnhandledInputError(f"{self.type}: input {name} is missing")
        return self._values[name]

    def given(self, *names: str) -> JsonObject:
        """Inputs as boto3 calls them, nested ones too, of those that were given: ``cidrBlock`` → ``CidrBlock``."""
        values = {name: self.take(name) for name in names}
        return {pascal_case(name): pascal(value) for name, value in values.items() if value is not None}

    def tags(self) -> list[dict[str, str]]:
        """The input tags, as most of AWS writes them."""
        return tag_list(self.take("tags", {}))

    def finish(self) -> None:
        """Refuse inputs that were not taken.

        Raises:
            UnhandledInputError: with their names.
        """
        left = sorted(self._values.keys() - self._taken)
        if left:
            raise UnhandledInputError(
                f"{self.type}: a rehearsal does not handle the input {', '.join(left)}; teach it in tripod.rehearsal"
            )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def pascal_case(name: str) -> str:
    """``cidrBlock`` → ``CidrBlock``."""
    return name[:1].upper() + name[1:]


def pascal(value: object) -> Any:
    """A nested value with its keys as boto3 writes them."""
    if isinstance(value, Mapping):
        return {pascal_case(key): pascal(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [pascal(item) for item in cast("list[object]", value)]
    return value


def lower_hyphens(name: str) -> str:
    """``enableCrossZone`` → ``enable-cross-zone``, as attributes of load balancers are called."""
    return snake_case(name).replace("_", "-")
