"""docs/checks.md, from the checks themselves."""

from collections.abc import Iterable
from typing import Any

from tripod.operations.in_cluster import CHECKS as INSIDE_CHECKS
from tripod.operations.verify import CHECKS
from tripod.operations.verify.check import Check

HEADER = """# Checks

What `tripod verify` looks at. This page is written from the checks (`make generate`); a test keeps it true. A row is
one of the project's requirements that the promise answers.
"""

TABLE = """
## {title}

| check | id | rows |
| --- | --- | --- |
"""


def checks() -> str:
    """The whole page."""
    return HEADER + _table("In AWS", CHECKS) + _table("In the cluster, with `--kubeconfig`", INSIDE_CHECKS)


def _table(title: str, checks: Iterable[Check[Any]]) -> str:
    lines = (f"| {one.promise} | `{one.id}` | {', '.join(map(str, one.rows))} |\n" for one in checks)
    return TABLE.format(title=title) + "".join(lines)
