"""Stacks for tests: a stack file, changed as a test wants, planned in this process."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from support.shared import shared
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration
from tripod.stack.project import Project, StackConfig, find_project, read_stack

ROOT = Path(__file__).parents[3]
STACKS = ("local", "staging", "production")

Change = Callable[[dict[str, Any]], None]


def project() -> Project:
    return find_project(ROOT)


def settings_of(stack: str) -> dict[str, Any]:
    """A stack's configuration, objects parsed."""
    config = read_stack(project(), stack)
    return {key: config.get(key) for key in config.values}


def config_of(settings: Mapping[str, Any]) -> StackConfig:
    """Settings as the engine hands them to a program."""
    return StackConfig(
        {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}, frozenset()
    )


def changed(stack: str, *changes: Change) -> dict[str, Any]:
    """A stack's settings after some changes."""
    settings = deepcopy(settings_of(stack))
    for change in changes:
        change(settings)
    return settings


def put(path: str, value: Any) -> Change:
    """A change: a value at a place, such as ``tripod:etcd.members`` or ``tripod:workers.0.labels``."""

    def change(settings: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = settings
        for segment in parents:
            key = _key(place, segment)
            if isinstance(key, str):
                place.setdefault(key, {})
            place = place[key]
        place[_key(place, last)] = value

    return change


def _key(place: object, segment: str) -> str | int:
    return int(segment) if isinstance(place, list) else segment


def plan_settings(
    settings: Mapping[str, Any], stack: str = "test", *, preview: bool = False, zones: tuple[str, ...] = ()
) -> Recording:
    """Plan a stack of some settings."""
    config = config_of(settings)
    return record(project(), stack, config, PlanBackend(config.region, zones), preview=preview)


def shared_plan(settings: Mapping[str, Any], stack: str = "test") -> Recording:
    """Plan a stack of some settings, once for all tests that want the same."""
    return shared(f"plan {stack} {json.dumps(settings)}", lambda: plan_settings(settings, stack))


@cache
def planned(stack: str) -> Recording:
    """The plan of a stack file; recordings are not to be changed."""
    return shared_plan(settings_of(stack), stack)


def of_type(recording: Recording, type_: str) -> list[Registration]:
    """The resources of a type, such as ``ec2/vpc:Vpc``, of AWS unless it names another package."""
    full = type_ if type_.count(":") == 2 else f"aws:{type_}"
    return sorted((one for one in recording.registrations.values() if one.type == full), key=lambda one: one.urn)


def inputs(registration: Registration) -> dict[str, Any]:
    """A resource's inputs, secrets in clear text."""
    return plain(registration.inputs)


def objects_of(recording: Recording) -> list[dict[str, Any]]:
    """The Kubernetes objects that a plan declares itself; a chart's are rendered by Helm."""
    return [
        inputs(one)
        for one in recording.registrations.values()
        if one.type.startswith("kubernetes:") and "helm.sh" not in one.type
    ]
