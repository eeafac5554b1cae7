"""What a rehearsal did with what lives in the cluster, in so many words."""

from collections import Counter
from collections.abc import Mapping

from rich.text import Text

from tripod.core.text import count_of
from tripod.rehearsal.local_kubernetes import VARIABLE
from tripod.rehearsal.objects import ObjectResult
from tripod.rehearsal.schema_check import SCHEMA


def inside_text(fates: Mapping[str, ObjectResult]) -> Text | None:
    """A paragraph; None where nothing lives in the cluster.

    Args:
        fates: URN → what became of it.
    """
    if not fates:
        return None
    numbers = Counter(fates.values())
    lines = [
        line
        for fate, line in (
            (ObjectResult.APPLIED, "{} applied to a local Kubernetes API server, each field validated"),
            (
                ObjectResult.COMPARED,
                f"{{}} compared with {SCHEMA} and not applied: {VARIABLE} names no API server (docs/operations.md)",
            ),
            (ObjectResult.AWAITS_KIND, "{} not applied: a chart brings their kinds"),
        )
        if numbers[fate]
        for line in [line.format(count_of(numbers[fate], "object"))]
    ]
    releases = sorted(urn.rsplit("::", 1)[1] for urn, fate in fates.items() if fate is ObjectResult.NOT_INSTALLED)
    if releases:
        names = ", ".join(name.removeprefix("add-ons-").removesuffix("-release") for name in releases)
        lines.append(f"{count_of(len(releases), 'Helm release')} not installed, which only the engine does: {names}")
    return Text("\n".join(["In the cluster:", *(f"  {line}" for line in lines)]))


def inside_json(fates: Mapping[str, ObjectResult]) -> dict[str, str]:
    """URN → what became of it."""
    return {urn: fate.value for urn, fate in sorted(fates.items())}
