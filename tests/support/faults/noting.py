"""A table of faults, each with the one check that it fails."""

from collections.abc import Callable

from support.account.rehearsed import Copy

Break = Callable[[Copy], None]

FAULTS: dict[str, tuple[str, Break]] = {}
"""Description of a fault → the check that fails, and the function that makes the fault."""


def breaks(check: str, what: str) -> Callable[[Break], Break]:
    """Note a fault."""

    def note(act: Break) -> Break:
        FAULTS[what] = (check, act)
        return act

    return note
