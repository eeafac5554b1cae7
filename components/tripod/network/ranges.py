"""Rules on address ranges: without host bits, private, and disjoint."""

from collections.abc import Iterator, Mapping
from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from itertools import combinations

from tripod.core.problems import Path, Problem

PRIVATE_RANGES = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
"""RFC 1918, and RFC 6598's shared space, which AWS routes like it."""

ANYWHERE = IPv4Network("0.0.0.0/0")


def parse_range(text: str) -> IPv4Network:
    """Parse a range, and ignore host bits, which ``range_problem`` reports."""
    return IPv4Network(text, strict=False)


def try_parse_range(text: str) -> IPv4Network | None:
    """Parse a range; None if the text is not one."""
    try:
        return parse_range(text)
    except (AddressValueError, NetmaskValueError):
        return None


def range_problem(text: str, found: IPv4Network | None, path: Path) -> Problem | None:
    """Find a text that is not a range, or a range with host bits.

    Args:
        text: the range as it was written.
        found: the range that try_parse_range made of it.
        path: its path.
    """
    if found is None:
        return Problem(path, repr(text), "an IPv4 range such as 10.0.0.0/16", "write address/prefix")
    if "/" not in text:
        return Problem(path, repr(text), "an address with a prefix", f"did you mean {text}/32?")
    if str(found) != text:
        return Problem(path, repr(text), "a range without host bits", f"did you mean {found}?")
    return None


def private_range_problems(
    text: str, found: IPv4Network | None, path: Path, shortest: int, longest: int
) -> Iterator[Problem]:
    """Find a range of instances, pods or Services that is not private, too large or too small.

    Args:
        text: the range as it was written.
        found: the range that try_parse_range made of it.
        path: its path.
        shortest: the shortest prefix allowed (the largest range).
        longest: the longest prefix allowed (the smallest range).
    """
    problem = range_problem(text, found, path)
    if problem:
        yield problem
    if found is None:
        return
    if not any(found.subnet_of(private) for private in PRIVATE_RANGES):
        yield Problem(
            path,
            repr(text),
            f"a range within {', '.join(str(private) for private in PRIVATE_RANGES)}",
            "take a private range: others belong to somebody on the Internet",
        )
    if not shortest <= found.prefixlen <= longest:
        yield Problem(path, repr(text), f"a prefix from /{shortest} to /{longest}", "change the prefix")


def overlap_problems(ranges: Mapping[Path, IPv4Network | None]) -> Iterator[Problem]:
    """Find ranges of a cluster and its peers that overlap.

    Args:
        ranges: path → range; those that try_parse_range could not parse are None, and skipped.
    """
    for (first_path, first), (second_path, second) in combinations(ranges.items(), 2):
        if first is not None and second is not None and first.overlaps(second):
            other = Problem(first_path, "", "", "").location
            yield Problem(
                second_path,
                repr(str(second)),
                f"a range that shares no address with {other} ({first})",
                "choose another range: a packet could not tell them apart",
            )


def allow_list_problems(ranges: tuple[str, ...], path: Path) -> Iterator[Problem]:
    """Find sources of the API's clients that are not ranges, are listed twice, or are larger than /8."""
    for position, text in enumerate(ranges):
        here = (*path, position)
        if text in ranges[:position]:
            yield Problem(here, repr(text), "each range once", "remove it")
        found = try_parse_range(text)
        problem = range_problem(text, found, here)
        if problem:
            yield problem
        if found is not None and found.prefixlen < 8:
            yield Problem(
                here,
                repr(text),
                "a range of /8 or smaller, never 0.0.0.0/0",
                "list the ranges that your people come from",
            )
