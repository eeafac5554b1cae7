"""Settings."""

import re
from collections.abc import Iterator

from tripod.core.problems import Problem
from tripod.database.spec import SecretSourceSpec

_HOST = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def host_problems(host: str, field: str) -> Iterator[Problem]:
    """What is no host's name."""
    if not re.fullmatch(_HOST, host) or re.fullmatch(r"[\d.]+", host):
        yield Problem((field,), repr(host), "a host's name", "write it without https://, port or path")


def service_namespace(host: str) -> str | None:
    """The namespace of a Service that is called by its name, <service>.<namespace>.svc…; None of any other host."""
    parts = host.split(".")
    return parts[1] if len(parts) > 2 and parts[2] == "svc" else None


def pair_problems(user: str | None, password: SecretSourceSpec | None) -> Iterator[Problem]:
    """A user without a password, or the other way round."""
    if (user is None) != (password is None):
        given, missing = ("user", "password") if user else ("password", "user")
        yield Problem((missing,), f"nothing, beside a {given}", "both or neither", f"give the {missing}, or no {given}")
