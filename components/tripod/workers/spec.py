"""Settings of worker groups."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tripod.compute.instance_types import architecture
from tripod.compute.spec import VolumeSpec
from tripod.core.problems import MapKey, Path, Problem, short_name_problems
from tripod.core.spec import Spec, Whole

_RESERVED_LABELS = ("kubernetes.io", "k8s.io")
_SETTABLE_LABELS = ("node.kubernetes.io/", "kubelet.kubernetes.io/")
"""Labels within kubernetes.io that the NodeRestriction admission plugin lets a kubelet set on its own node."""


class TaintSpec(Spec):
    """A taint, which keeps away pods that do not tolerate it."""

    key: str
    """Its key."""
    value: str = ""
    """Its value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """The effect on pods that do not tolerate it."""


class SpotSpec(Spec):
    """The share of spot capacity in a group."""

    on_demand_base: Whole = 0
    """The number of instances in each zone that are always on demand."""
    on_demand_percentage: Whole = 0
    """The percentage of on-demand instances beyond the base."""

    def _rules(self) -> Iterator[Problem]:
        if self.on_demand_base < 0:
            yield Problem(("on_demand_base",), str(self.on_demand_base), "0 or more", "change the number")
        if not 0 <= self.on_demand_percentage <= 100:
            yield Problem(("on_demand_percentage",), str(self.on_demand_percentage), "0 to 100", "change the number")


class WorkerGroupSpec(Spec):
    """A group of identical workers: one auto-scaling group in each zone, so that pods stay in their volumes' zone."""

    name: str
    """Its name: lower-case letters, digits and hyphens; at most 20."""
    instance_types: tuple[str, ...]
    """Instance types of its nodes, best first; several for spot or scarce capacity, all of one architecture."""
    min_per_zone: Whole = 1
    """The minimum of nodes in a zone."""
    max_per_zone: Whole = 3
    """The maximum of nodes in a zone; the autoscaler scales between the two."""
    zones: tuple[str, ...] = ()
    """Its zones; by default all."""
    spot: SpotSpec | None = None
    """Spot capacity; by default all instances are on demand."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels of its nodes."""
    taints: tuple[TaintSpec, ...] = ()
    """Taints of its nodes."""
    root_volume: VolumeSpec = VolumeSpec(size_gib=50)
    """The root disk of a node."""

    def _rules(self) -> Iterator[Problem]:
        yield from short_name_problems(self.name, 20, ("name",))
        if not 0 <= self.min_per_zone <= self.max_per_zone:
            yield Problem(
                ("min_per_zone",), str(self.min_per_zone), f"0 to max_per_zone ({self.max_per_zone})", "change either"
            )
        if self.max_per_zone < 1:
            yield Problem(("max_per_zone",), str(self.max_per_zone), "1 or more", "change the number")
        yield from self._instance_type_problems()
        yield from label_problems(self.labels, ("labels",))
        yield from _taint_problems(self.taints, ("taints",))

    def _instance_type_problems(self) -> Iterator[Problem]:
        if not self.instance_types:
            yield Problem(("instance_types",), "none", "one type or more", "name an instance type")
        for position, name in enumerate(self.instance_types):
            if name in self.instance_types[:position]:
                yield Problem(("instance_types", position), repr(name), "each type once", "remove it")
        found = {architecture(name) for name in self.instance_types} - {None}
        if len(found) > 1:
            yield Problem(
                ("instance_types",),
                ", ".join(self.instance_types),
                "types of one architecture: a launch template has one image",
                "make a group for each architecture",
            )


_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_NAME}"


def label_problems(labels: dict[str, str], path: Path) -> Iterator[Problem]:
    """Find labels that are invalid, or that a kubelet may not set on its own node."""
    for key, value in labels.items():
        here = (*path, MapKey(key))
        if not re.fullmatch(_KEY, key) or not re.fullmatch(rf"({_NAME})?", value):
            yield Problem(here, f"{key}={value}", "a Kubernetes label: letters, digits, -, _ and .", "correct it")
        domain, slash, _ = key.rpartition("/")
        reserved = slash and any(domain == name or domain.endswith("." + name) for name in _RESERVED_LABELS)
        if reserved and not key.startswith(_SETTABLE_LABELS):
            yield Problem(
                here,
                repr(key),
                "a label outside kubernetes.io and k8s.io: a kubelet may not set those on its own node",
                "choose a domain of your own",
            )


def _taint_problems(taints: tuple[TaintSpec, ...], path: Path) -> Iterator[Problem]:
    keys: set[str] = set()
    for position, taint in enumerate(taints):
        here = (*path, position)
        if not re.fullmatch(_KEY, taint.key) or not re.fullmatch(rf"({_NAME})?", taint.value):
            yield Problem(
                here, f"{taint.key}={taint.value}", "a Kubernetes taint: letters, digits, -, _ and .", "correct it"
            )
        if taint.key in keys:
            yield Problem(here, repr(taint.key), "each key once: the autoscaler's tags hold one", "choose another key")
        keys.add(taint.key)


def group_problems(groups: tuple[WorkerGroupSpec, ...], zones: dict[str, int], path: Path) -> Iterator[Problem]:
    """Find problems of worker groups among one another and with the network's zones."""
    if not groups:
        yield Problem(path, "none", "one group or more", "add a worker group")
    counts = Counter(group.name for group in groups)
    for position, group in enumerate(groups):
        if counts[group.name] > 1:
            yield Problem((*path, position, "name"), repr(group.name), "a name that no other group has", "rename one")
        for place, zone in enumerate(group.zones):
            if zone not in zones:
                yield Problem(
                    (*path, position, "zones", place),
                    repr(zone),
                    f"one of the network's zones: {', '.join(zones)}",
                    "correct the zone, or add it to network.zones",
                )
