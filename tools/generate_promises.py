"""docs/promises.md, from the checks themselves."""

from tripod.operations.verify import CHECKS

HEADER = """# Promises

What `tripod verify` looks at, in AWS. This page is written from the checks (`make generate`); a test keeps it true. A
row is one of the project's requirements that the promise answers.

| promise | check | rows |
| --- | --- | --- |
"""


def promises() -> str:
    """The whole page."""
    lines = (f"| {one.promise} | `{one.id}` | {', '.join(map(str, one.rows))} |\n" for one in CHECKS)
    return HEADER + "".join(lines)
