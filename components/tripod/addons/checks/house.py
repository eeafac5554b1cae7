"""What objects are held to, and how they are read: whoever rendered them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tripod.addons.checks.exemptions import EXEMPT
from tripod.core.naming import ENVIRONMENTS
from tripod.core.problems import MapKey, Problem

Object = Mapping[str, Any]
"""An object as Kubernetes' API has it."""

LONG_RUNNING = ("Deployment", "DaemonSet", "StatefulSet")
_TEMPLATED = (*LONG_RUNNING, "ReplicaSet", "Job")


@dataclass(frozen=True)
class House:
    """What the objects of one cluster are held to beside what holds everywhere.

    Attributes:
        mirrors: registry → mirror; with any, every image lies in one.
        stacks: names of stacks and environments, which no image is named after.
        databases: ranges of peers, whose databases are called by name.
        exempt: rule → object or container → why it may break the rule.
    """

    mirrors: Mapping[str, str] = field(default_factory=dict[str, str])
    stacks: tuple[str, ...] = ENVIRONMENTS
    databases: tuple[str, ...] = ()
    exempt: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: EXEMPT)

    def binds(self, rule: str, place: str) -> bool:
        """Whether an object, or a container, has to keep a rule."""
        return place not in self.exempt.get(rule, {})


def place_of(one: Object) -> str:
    """Where an object is: ``namespace/Kind/name``, without a namespace where it has none."""
    metadata = section(one, "metadata")
    parts = (metadata.get("namespace"), one["kind"], metadata.get("name"))
    return "/".join(str(part) for part in parts if part)


def problem(place: str, what: str, given: object, allowed: str, remedy: str) -> Problem:
    """A problem of an object.

    Args:
        place: the object, or a container of it.
        what: its part.
        given: what was found there.
        allowed: what may be there.
        remedy: what to do.
    """
    return Problem((MapKey(place), what), str(given), allowed, remedy)


def section(one: Object, *keys: str) -> Object:
    """A mapping within an object; an empty one where there is none."""
    for key in keys:
        one = one.get(key) or {}
    return one


def listed(one: Object, key: str) -> list[Any]:
    """A list within an object; an empty one where there is none."""
    return list(one.get(key) or ())


def flattened(one: Object) -> Iterator[Object]:
    """An object, or those of a list."""
    if str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list):
        yield from one["items"]
    elif one.get("kind"):
        yield one


def pod_of(one: Object) -> Object | None:
    """The specification of an object's pods."""
    spec = section(one, "spec")
    if one["kind"] == "Pod":
        return spec
    if one["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    elif one["kind"] not in _TEMPLATED:
        return None
    return spec["template"]["spec"]


def containers_of(pod: Object) -> list[Object]:
    """The containers of a pod that run together: those that start first and stay count, too."""
    stays = [one for one in listed(pod, "initContainers") if one.get("restartPolicy") == "Always"]
    return [*stays, *listed(pod, "containers")]


def every_container(pod: Object) -> list[Object]:
    """All containers of a pod."""
    return [*listed(pod, "initContainers"), *listed(pod, "containers")]


def selects(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects what has some labels; one without conditions selects everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in section(selector, "matchLabels").items()):
        return False
    return all(_fulfils(one, labels) for one in listed(selector, "matchExpressions"))


def _fulfils(condition: Object, labels: Mapping[str, str]) -> bool:
    key, values = condition["key"], listed(condition, "values")
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[condition["operator"]]
