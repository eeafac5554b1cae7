"""Results of the Kubernetes objects of a rehearsal, as text or as data."""

from collections import Counter
from collections.abc import Mapping

from rich.text import Text

from tripod.core.text import count_of
from tripod.rehearsal.local_kubernetes import VARIABLE
from tripod.rehearsal.objects import ObjectResult
from tripod.rehearsal.schema_check import SCHEMA


def objects_text(results: Mapping[str, ObjectResult]) -> Text | None:
    """A paragraph with the number of objects of each result; None if there are no objects.

    Args:
        results: URN → result.
    """
    if not results:
        return None
    numbers = Counter(results.values())
    lines = [
        line
        for result, line in (
            (ObjectResult.APPLIED, "{} applied to a local Kubernetes API server, each field validated"),
            (
                ObjectResult.COMPARED,
                f"{{}} compared with {SCHEMA} and not applied: {VARIABLE} names no API server (docs/operations.md)",
            ),
            (ObjectResult.AWAITS_KIND, "{} not applied: a chart brings their kinds"),
        )
        if numbers[result]
        for line in [line.format(count_of(numbers[result], "object"))]
    ]
    releases = sorted(urn.rsplit("::", 1)[1] for urn, result in results.items() if result is ObjectResult.NOT_INSTALLED)
    if releases:
        names = ", ".join(name.removeprefix("add-ons-").removesuffix("-release") for name in releases)
        lines.append(f"{count_of(len(releases), 'Helm release')} not installed, which only the engine does: {names}")
    return Text("\n".join(["In the cluster:", *(f"  {line}" for line in lines)]))


def objects_json(results: Mapping[str, ObjectResult]) -> dict[str, str]:
    """URN → result, as data."""
    return {urn: result.value for urn, result in sorted(results.items())}
