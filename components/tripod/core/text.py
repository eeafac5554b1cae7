"""Counts with nouns."""


def count_of(number: int, noun: str) -> str:
    """``1 peering``, ``2 peerings``, ``3 addresses``, ``2 policies``."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of an English noun with a regular one."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch")) else "s")
