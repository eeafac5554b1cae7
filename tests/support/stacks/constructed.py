"""Components constructed as the plugin host constructs them for a program of another language."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from support.stacks.planned import config_of
from support.stacks.published import plugin_host
from tripod import ConfigurationError
from tripod.provider import PACKAGE
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record_function


def constructed(component: str, inputs: Mapping[str, Any]) -> Recording:
    """Construct a component that is called ``alone``, and nothing else."""

    def program() -> None:
        plugin_host().construct("alone", f"{PACKAGE}:index:{component}", dict(inputs))

    return record_function(program, "alone", "test", config_of({"aws:region": "us-west-2"}), PlanBackend("us-west-2"))


def refused_fields(component: str, inputs: Mapping[str, Any]) -> set[str]:
    """The arguments for which a component is refused."""
    with pytest.raises(Exception, match="problem") as refusal:
        constructed(component, inputs)
    error: Any = cast("Any", refusal.value).inner  # what the host wraps
    assert isinstance(error, ConfigurationError)
    return {str(problem.path[0]) for problem in error.problems}


def assert_stands_alone(component: str, recording: Recording, package: str) -> list[str]:
    """Check that all resources of a package are the component's; their URNs."""
    made = [one for one in recording.registrations.values() if one.type.startswith(package)]
    assert all(one.urn.split("::")[2].startswith(f"tripod:index:{component}$") for one in made)
    assert all(one.name.startswith("alone") for one in made)
    return [one.urn for one in made]
