"""Ports of services outside the cluster that control-plane nodes use, beside HTTP and HTTPS."""

from collections.abc import Iterator, Sequence

from tripod.core.problems import Path, Problem
from tripod.security.ports import HIGHEST_PORT, SSH

MAX_PORTS = 8
"""The most ports: a security group limits its rules, and a tag value its length."""


def egress_port_problems(ports: Sequence[int], path: Path) -> Iterator[Problem]:
    """Find ports that cannot be opened.

    Args:
        ports: the ports.
        path: their place in the configuration.
    """
    for position, port in enumerate(ports):
        if not 1 <= port <= HIGHEST_PORT or port == SSH:
            yield Problem((*path, position), str(port), f"1 to {HIGHEST_PORT}, but for {SSH}", "correct the port")
    if len(set(ports)) > MAX_PORTS:
        yield Problem(path, f"{len(set(ports))} ports", f"at most {MAX_PORTS}", "send logs and metrics to fewer places")
