"""Charts in a folder, and the Helm releases of a stack: their values and rendered objects."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from binaries import cached
from support.stacks.planned import inputs, of_type
from tripod.rehearsal.program import Recording

CHARTS = "TRIPOD_CHARTS_DIR"
"""The variable that names a folder with each chart as a folder."""

RELEASE = "kubernetes:helm.sh/v3:Release"


@dataclass(frozen=True)
class Release:
    """A Helm release that a stack declares."""

    chart: str
    version: str
    namespace: str
    values: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return Path(os.environ[CHARTS]) / self.chart


def unavailable() -> str | None:
    """The reason that charts cannot be rendered, or None."""
    if CHARTS not in os.environ:
        return f"{CHARTS} names no folder with charts"
    return None if _helm() else "no helm: `python tools/binaries.py helm` builds it"


@cache
def _helm() -> Path | None:
    folder = cached(("helm",))
    return folder / "helm" if folder else None


def releases(plan: Recording) -> list[Release]:
    """The Helm releases of a stack."""
    return [
        Release(values["chart"].rpartition("/")[2], values["version"], values["namespace"], values["values"])
        for values in map(inputs, of_type(plan, RELEASE))
    ]


def chart_version(release: Release) -> str:
    """The version of the chart in the folder."""
    documents = yaml.safe_load_all((release.folder / "Chart.yaml").read_text())
    return next(one["version"] for one in documents if one)


def unknown_keys(release: Release) -> list[str]:
    """The values' keys that the chart neither has a default for nor asks for."""
    defaults: dict[str, Any] = yaml.safe_load((release.folder / "values.yaml").read_text())
    templates = "\n".join(
        file.read_text() for file in (release.folder / "templates").rglob("*") if file.suffix in (".yaml", ".tpl")
    )
    return [
        path for path in _without_default(release.values, defaults, "", templates) if _asked(path, templates) is None
    ]


def _without_default(
    values: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str, templates: str
) -> Iterator[str]:
    for key, value in values.items():
        path = f"{prefix}.{key}"
        if key not in defaults:
            yield path
        elif isinstance(value, Mapping) and not _whole(path, defaults[key], templates):
            yield from _without_default(cast("Mapping[str, Any]", value), defaults[key], path, templates)


def _whole(path: str, default: Any, templates: str) -> bool:
    """True if the chart passes a mapping on unchanged, such as resources: it may have any key."""
    return not default or bool(re.search(rf"(toYaml|with|range [^}}]*:=) \.Values{re.escape(path)}[\s)]", templates))


def _asked(path: str, templates: str) -> re.Match[str] | None:
    return re.search(rf"\.Values{re.escape(path)}\b", templates)


def rendered(release: Release, kubernetes: str) -> list[dict[str, Any]]:
    """The objects of a release, as Helm renders them; it checks the values against the chart's schema where it has one.

    Args:
        release: the release.
        kubernetes: the cluster's version.
    """
    command = [str(_helm()), "template", release.chart, str(release.folder), "--namespace", release.namespace]
    done = subprocess.run(
        [*command, "--kube-version", kubernetes, "--include-crds", "--values", "-"],
        input=yaml.safe_dump(dict(release.values)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [one for one in yaml.safe_load_all(done.stdout) if one]
    for one in found:
        # What a chart leaves to Helm is in the release's namespace.
        one.setdefault("metadata", {}).setdefault("namespace", release.namespace)
    return found
