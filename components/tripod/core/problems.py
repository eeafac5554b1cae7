"""Configuration errors, collected in one pass, each with a remedy."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tripod.core.text import count_of

PathSegment = str | int
Path = tuple[PathSegment, ...]


class MapKey(str):
    """A segment of a path that a user chose, such as a label; shown as it was written."""

    __slots__ = ()


@dataclass(frozen=True)
class Problem:
    """An error in a configuration.

    Attributes:
        path: its path, outermost segment first; field names in snake_case, positions as numbers.
        given: the value that was found, as it was written. Never a secret.
        allowed: the values that are allowed.
        remedy: the correction.
    """

    path: Path
    given: str
    allowed: str
    remedy: str

    def under(self, *prefix: PathSegment) -> "Problem":
        """The same problem with a longer path."""
        return Problem((*prefix, *self.path), self.given, self.allowed, self.remedy)

    @property
    def location(self) -> str:
        """The path as it is written in a stack file: ``etcd.instanceType``, ``workers[1].name``."""
        written = ""
        for segment in self.path:
            if isinstance(segment, int):
                written += f"[{segment}]"
            else:
                name = segment if isinstance(segment, MapKey) else camel_case(segment)
                written += f".{name}" if written else name
        return written

    def __str__(self) -> str:
        return f"{self.location}: given {self.given}; allowed: {self.allowed}; {self.remedy}"


class ConfigurationError(ValueError):
    """A configuration was refused. Nothing has been created.

    Attributes:
        problems: every problem that was found, in the order of the configuration.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        listed = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(
            f"{count_of(len(self.problems), 'problem')} in the configuration; nothing was created\n{listed}"
        )


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise ConfigurationError when there is any problem."""
    found = list(problems)
    if found:
        raise ConfigurationError(found)


def camel_case(name: str) -> str:
    """``instance_type`` → ``instanceType``. A name with other characters (a zone, a label) stays as it is."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name):
        return name
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def snake_case(name: str) -> str:
    """``instanceType`` → ``instance_type``. A name with other characters stays as it is."""
    if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name):
        return name
    return re.sub(r"([A-Z])", lambda found: "_" + found.group(1).lower(), name)


def choice_problems(given: str, choices: Sequence[str], path: Path) -> Iterator[Problem]:
    """A value that is none of some choices."""
    if given not in choices:
        yield Problem(path, repr(given), f"{', '.join(choices[:-1])} or {choices[-1]}", "choose one of them")


def id_problems(id_: str | None, prefix: str, path: Path) -> Iterator[Problem]:
    """An id that is not one of EC2's, such as vpc-0123456789abcdef0. None is passed over."""
    if id_ is not None and not re.fullmatch(rf"{prefix}-[0-9a-f]{{8,17}}", id_):
        yield Problem(path, repr(id_), f"an id such as {prefix}-0123456789abcdef0", "correct the id")


def account_problems(id_: str | None, path: Path) -> Iterator[Problem]:
    """Find an id that is not one of an AWS account. None is passed over."""
    if id_ is not None and not re.fullmatch(r"\d{12}", id_):
        yield Problem(path, repr(id_), "an account's id: 12 digits, in quotes", "correct the id")


def short_name_problems(name: str, limit: int, path: Path) -> Iterator[Problem]:
    """Find a name that cannot be part of resource names, or is longer than a limit."""
    if not re.fullmatch(rf"[a-z]([a-z0-9-]{{0,{limit - 2}}}[a-z0-9])?", name):
        yield Problem(path, repr(name), f"lower-case letters, digits, hyphens; at most {limit}", "change the name")
