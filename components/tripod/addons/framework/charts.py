"""Helm charts and their sources."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tripod.core.problems import Problem
from tripod.core.spec import Spec


@dataclass(frozen=True)
class Chart:
    """A chart as its project publishes it.

    Attributes:
        name: its name.
        version: its version, pinned.
        repository: its project's repository: https://… or oci://…
    """

    name: str
    version: str
    repository: str


class ChartsSpec(Spec):
    """Source of charts; by default the project of each."""

    repository: str | None = None
    """A repository that has all charts: https://… or oci://…"""
    folder: str | None = None
    """A folder with each chart as a folder or as <name>-<version>.tgz."""

    def _rules(self) -> Iterator[Problem]:
        if self.repository is not None and not re.fullmatch(r"(https|oci)://[^\s]+[^/\s]", self.repository):
            yield Problem(("repository",), repr(self.repository), "https://… or oci://…", "correct the address")
        if self.repository and self.folder:
            yield Problem(("folder",), repr(self.folder), "a repository or a folder", "keep one of them")


def chart_source(chart: Chart, charts: ChartsSpec) -> dict[str, Any]:
    """The chart inputs of a Helm release.

    Args:
        chart: the chart.
        charts: source of charts.
    """
    if charts.folder:
        unpacked = f"{charts.folder.rstrip('/')}/{chart.name}"
        packaged = f"{unpacked}-{chart.version}.tgz"
        return {"chart": packaged if Path(packaged).is_file() else unpacked, "version": chart.version}
    repository = charts.repository or chart.repository
    if repository.startswith("oci://"):
        return {"chart": f"{repository}/{chart.name}", "version": chart.version}
    return {"chart": chart.name, "version": chart.version, "repositoryOpts": {"repo": repository}}


def merged(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Values with overrides applied as Helm does: mappings are merged, anything else is replaced, None removes."""
    result = dict(values)
    for key, value in overrides.items():
        before = result.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            result[key] = merged(cast("Mapping[str, Any]", before), cast("Mapping[str, Any]", value))
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result
