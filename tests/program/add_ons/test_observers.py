"""Logs and metrics through the whole program: keys are secrets wherever they stand, and refused in clear."""

from functools import cache
from typing import Any, cast

import pulumi
import pytest

from support.add_ons.manifest_rules import PolicyContext, cluster_problems
from support.stacks.planned import changed, config_of, inputs, plan_settings, planned, project, put
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record
from tripod.rehearsal.recorder import Registration
from tripod.stack.project import StackConfig

KEY = "key-of-the-test"
PLACES = (("logging", "mezmo", "ingestionKey", "value"), ("metrics", "remoteWrite", "token", "value"))
OBSERVING = {
    "logging": {"backend": "mezmo", "mezmo": {"ingestionKey": {"value": KEY}}},
    "metrics": {
        "remoteWrite": {"url": "https://metrics.example.com/push", "token": {"value": KEY}},
        "datadog": {"apiKey": {"secretName": "production/datadog"}},
        "databases": ["orders"],
    },
}


def _settings() -> dict[str, Any]:
    return changed("production", *(put(f"tripod:addOns.{name}", value) for name, value in OBSERVING.items()))


@cache
def observed() -> Recording:
    """Production, with keys that its stack file has encrypted."""
    config = config_of(_settings())
    encrypted = frozenset(("tripod:addOns", *place) for place in PLACES)
    return record(project(), "test", StackConfig(config.values, encrypted), PlanBackend(config.region))


def of(recording: Recording, prefix: str, type_: str) -> list[Registration]:
    return [one for one in recording.registrations.values() if one.name.startswith(prefix) and one.type == type_]


def in_clear(value: Any) -> bool:
    """Whether the key stands anywhere that is not a secret."""
    if type(value).__name__ == "Secret":
        return False
    if isinstance(value, dict):
        return any(in_clear(item) for item in cast("dict[str, Any]", value).values())
    if isinstance(value, list):
        return any(in_clear(item) for item in cast("list[Any]", value))
    return isinstance(value, str) and KEY in value


def test_a_key_is_a_secret_wherever_it_stands():
    registrations = observed().registrations.values()
    assert sum(KEY in str(one.inputs) for one in registrations) >= 5  # two Secrets, two add-ons, and all of them
    assert [one.name for one in registrations if in_clear(one.inputs)] == []


def test_keys_in_clear_are_refused_where_they_stand_and_not_shown():
    with pytest.raises(pulumi.RunError) as refused:
        plan_settings(_settings())
    said = str(refused.value)
    assert [f"tripod:addOns.{'.'.join(place)}" in said for place in PLACES] == [True, True]
    assert KEY not in said


def test_everything_that_observes_keeps_the_rules_of_the_context():
    given = [inputs(one) for one in observed().registrations.values() if one.type.startswith("kubernetes:")]
    given = [one for one in given if one.get("metadata", {}).get("namespace") in ("logging", "monitoring")]
    assert {one["metadata"]["name"] for one in given if one["kind"] == "DaemonSet"} == {
        "fluent-bit",
        "node-exporter",
        "collector",
        "collector-control-plane",
    }
    assert list(cluster_problems(given, PolicyContext())) == []


def test_a_log_group_is_made_for_cloudwatch_alone():
    group = "aws:cloudwatch/logGroup:LogGroup"
    (made,) = of(planned("production"), "add-ons-logging", group)
    assert inputs(made)["name"] == "/tripod/production/logs"
    assert of(observed(), "add-ons-logging", group) == []
