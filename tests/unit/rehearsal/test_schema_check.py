"""Objects are compared with their kinds' types where no API server is at hand."""

from copy import deepcopy
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pytest

from support.add_ons.cluster_objects import deployment
from tripod.addons.framework.objects import declare
from tripod.rehearsal.objects import ComparedObjects, ObjectResult, RefusedObjectError
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import record_function
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration
from tripod.rehearsal.schema_check import schema_errors
from tripod.stack.project import StackConfig

DEPLOYMENT = deployment("web")


def with_value(path: str, value: Any) -> dict[str, Any]:
    """The sample with a value at a place; None takes away what is there."""
    changed = deepcopy(DEPLOYMENT)
    *steps, last = path.split(".")
    place: Any = changed
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[last] = value
    return changed


def registration(inputs: dict[str, Any]) -> Registration:
    return Registration("urn", f"kubernetes:{inputs['apiVersion']}:{inputs['kind']}", "web", "", True, inputs)


def test_what_fits_has_no_misfits() -> None:
    assert schema_errors(DEPLOYMENT) == []


CONTAINER = "spec.template.spec.containers.0"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.replica", 2, "spec.replica: no such field"),
        ("spec.replicas", "two", "spec.replicas: str, not int"),
        ("spec.replicas", True, "spec.replicas: bool, not int"),
        ("spec.selector", None, "spec.selector: missing"),
        ("spec.selector", "app=web", "spec.selector: str, not a mapping"),
        ("spec.selector.matchLabels", {"app": 1}, "spec.selector.matchLabels[app]: int, not str"),
        (f"{CONTAINER}.name", None, "spec.template.spec.containers[0].name: missing"),
        (f"{CONTAINER}.ports", {"containerPort": 80}, "spec.template.spec.containers[0].ports: dict, not a list"),
        (f"{CONTAINER}.livenessprobe", {}, "spec.template.spec.containers[0].livenessprobe: no such field"),
        ("metadata.label", {}, "metadata.label: no such field"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(path: str, value: Any, said: str) -> None:
    assert schema_errors(with_value(path, value)) == [said]


def test_a_kind_of_a_chart_is_not_known_and_not_judged() -> None:
    issuer: dict[str, Any] = {"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {}, "spec": {}}
    assert schema_errors(issuer) == []


def test_a_kind_that_its_group_does_not_have_is_named() -> None:
    assert schema_errors({**DEPLOYMENT, "kind": "Deploy"}) == ["kind: there is no Deploy in apps/v1"]


def test_an_object_is_declared_as_the_sdks_class_would() -> None:
    secret: Any = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"key": "hunter2"}}

    def program() -> None:
        for manifest in (DEPLOYMENT, secret):
            declare(f"own-{manifest['kind']}", manifest, pulumi.ResourceOptions())
        kubernetes.apps.v1.Deployment("sdk-Deployment", metadata=DEPLOYMENT["metadata"], spec=DEPLOYMENT["spec"])
        kubernetes.core.v1.Secret("sdk-Secret", metadata=secret["metadata"], string_data=secret["stringData"])

    recording = record_function(program, "p", "s", StackConfig({}, frozenset()), PlanBackend("us-west-2"))
    found = {one.name: one for one in recording.registrations.values()}
    for kind in ("Deployment", "Secret"):
        own, sdk = found[f"own-{kind}"], found[f"sdk-{kind}"]
        assert own.type == sdk.type
        assert {key: value for key, value in plain(sdk.inputs).items() if value is not None} == plain(own.inputs)


def test_an_object_that_fits_is_counted_and_one_that_does_not_is_refused_by_name() -> None:
    objects = ComparedObjects()
    objects.put(registration(DEPLOYMENT))
    assert objects.results == {"urn": ObjectResult.COMPARED}
    with pytest.raises(RefusedObjectError, match=r"Deployment web: spec.replica: no such field"):
        objects.put(registration(with_value("spec.replica", 2)))
