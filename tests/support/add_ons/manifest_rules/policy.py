"""The context of the rules, and readers of the parts of an object."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.add_ons.manifest_rules.exemptions import EXEMPT
from tripod.core.naming import ENVIRONMENTS
from tripod.core.problems import MapKey, Problem

Object = Mapping[str, Any]
"""An object as Kubernetes' API has it."""

LONG_RUNNING = ("Deployment", "DaemonSet", "StatefulSet")
_TEMPLATED = (*LONG_RUNNING, "ReplicaSet", "Job")


@dataclass(frozen=True)
class PolicyContext:
    """Settings of the rules for one cluster.

    Attributes:
        mirrors: registry → mirror; with any, every image is in one.
        stacks: names of stacks and environments, which no image tag contains.
        databases: ranges of peers; no object contains an address in them.
        exempt: rule → object or container → the reason.
    """

    mirrors: Mapping[str, str] = field(default_factory=dict[str, str])
    stacks: tuple[str, ...] = ENVIRONMENTS
    databases: tuple[str, ...] = ()
    exempt: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: EXEMPT)

    def applies(self, rule: str, place: str) -> bool:
        """True if a rule applies to an object or a container."""
        return place not in self.exempt.get(rule, {})


def path_of(one: Object) -> str:
    """The path of an object: ``namespace/Kind/name``, or ``Kind/name`` without a namespace."""
    metadata = section(one, "metadata")
    parts = (metadata.get("namespace"), one["kind"], metadata.get("name"))
    return "/".join(str(part) for part in parts if part)


def problem(place: str, what: str, given: object, allowed: str, remedy: str) -> Problem:
    """A problem of an object.

    Args:
        place: the object, or a container of it.
        what: the field.
        given: the value.
        allowed: allowed values.
        remedy: the action to take.
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
    """The long-running containers of a pod, sidecar init containers included."""
    stays = [one for one in listed(pod, "initContainers") if one.get("restartPolicy") == "Always"]
    return [*stays, *listed(pod, "containers")]


def every_container(pod: Object) -> list[Object]:
    """All containers of a pod."""
    return [*listed(pod, "initContainers"), *listed(pod, "containers")]


def selects(selector: Object | None, labels: Mapping[str, str]) -> bool:
    """True if a label selector matches labels; one without conditions matches everything."""
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
