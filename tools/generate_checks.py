"""docs/checks.md, from the checks themselves."""

from collections.abc import Iterable
from typing import Any

from tripod.operations.in_cluster import CHECKS as IN_CLUSTER_CHECKS
from tripod.operations.verify import CHECKS
from tripod.operations.verify.check import Check

HEADER = """# Checks

The checks of `tripod verify`. This page is generated from the checks (`make generate`). A row is the
number of the requirement that it verifies; a check without one is this project's own.
"""

TABLE = """
## {title}

| check | id | rows |
| --- | --- | --- |
"""


def checks() -> str:
    """The whole page."""
    return HEADER + _table("In AWS", CHECKS) + _table("In the cluster, with `--kubeconfig`", IN_CLUSTER_CHECKS)


def _table(title: str, checks: Iterable[Check[Any]]) -> str:
    lines = (f"| {one.title} | `{one.id}` | {', '.join(map(str, one.rows))} |\n" for one in checks)
    return TABLE.format(title=title) + "".join(lines)
