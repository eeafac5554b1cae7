"""Ports on which control-plane nodes reach what is outside, beside HTTP and HTTPS."""

from collections.abc import Iterator, Sequence

from tripod.core.problems import Path, Problem
from tripod.security.ports import LAST, SSH

MOST = 8
"""A security group has room for so many rules, and its tag for so many ports."""


def outward_port_problems(ports: Sequence[int], path: Path) -> Iterator[Problem]:
    """What cannot be opened.

    Args:
        ports: the ports.
        path: where they stand.
    """
    for position, port in enumerate(ports):
        if not 1 <= port <= LAST or port == SSH:
            yield Problem((*path, position), str(port), f"1 to {LAST}, but for {SSH}", "correct the port")
    if len(set(ports)) > MOST:
        yield Problem(path, f"{len(set(ports))} ports", f"at most {MOST}", "send logs and metrics to fewer places")
