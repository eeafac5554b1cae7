"""Checks of the hosts and credentials of log and metric back ends."""

import re
from collections.abc import Iterator

from tripod.core.patterns import HOST_NAME
from tripod.core.problems import Problem
from tripod.database.spec import SecretSourceSpec


def host_problems(host: str, field: str) -> Iterator[Problem]:
    """Problem of a text that is not a host name."""
    if not re.fullmatch(HOST_NAME, host) or re.fullmatch(r"[\d.]+", host):
        yield Problem((field,), repr(host), "a host's name", "write it without https://, port or path")


def service_namespace(host: str) -> str | None:
    """The namespace of a Service that is called by its name, <service>.<namespace>.svc…; None of any other host."""
    parts = host.split(".")
    return parts[1] if len(parts) > 2 and parts[2] == "svc" else None


def pair_problems(user: str | None, password: SecretSourceSpec | None) -> Iterator[Problem]:
    """Problem of a user without a password, or a password without a user."""
    if (user is None) != (password is None):
        given, missing = ("user", "password") if user else ("password", "user")
        yield Problem((missing,), f"nothing, beside a {given}", "both or neither", f"give the {missing}, or no {given}")
