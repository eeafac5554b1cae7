"""Logical names, types and parents are an API: changing one replaces what bears it.

`make generate` writes the list anew; a changed line in its diff is a breaking change, and wants an alias.
"""

from support.stacks.published import NAMES, current_names


def test_names_types_and_parents_are_those_that_clusters_have() -> None:
    assert current_names() == NAMES.read_text()
