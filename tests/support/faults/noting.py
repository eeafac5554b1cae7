"""How faults are noted: each with the one promise that it breaks."""

from collections.abc import Callable

from support.rehearsed import Copy

Break = Callable[[Copy], None]

FAULTS: dict[str, tuple[str, Break]] = {}
"""What is done → the check that finds it, and how it is done."""


def breaks(check: str, what: str) -> Callable[[Break], Break]:
    """Note a fault."""

    def note(act: Break) -> Break:
        FAULTS[what] = (check, act)
        return act

    return note
