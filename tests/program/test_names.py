"""Logical names, types and parents are an API: changing one replaces what bears it.

`make generate` writes the list anew; a changed line in its diff is a breaking change, and wants an alias.
"""

from pathlib import Path

from support.stacks import planned

LISTED = Path(__file__).parent / "names.txt"


def current_names() -> str:
    """URNs of the staging stack, without stack and project."""
    return "".join(f"{urn.split('::', 2)[2]}\n" for urn in sorted(planned("staging").registrations))


def test_names_types_and_parents_are_those_that_clusters_have() -> None:
    assert current_names() == LISTED.read_text()
