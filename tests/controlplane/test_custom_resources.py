"""Custom resources of ours are taken by a real API server that has their definitions: charts bring them."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from support.add_ons.workload_samples import SERVICE
from support.controlplane.instances.waiting import until
from support.stacks.charts import releases, rendered, unavailable
from support.stacks.planned import changed, objects_of, put, shared_plan
from tripod.addons.framework.namespaces import namespace
from tripod.addons.framework.objects import apply_order
from tripod.rehearsal.local_kubernetes import local_kubernetes
from tripod.rehearsal.objects import AppliedObjects, RefusedObjectError
from tripod.rehearsal.program import Recording
from tripod.supply.versions import KUBERNETES
from tripod.workloads.routing import ingress_objects
from tripod.workloads.spec import WebServiceSpec

pytestmark = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))

DEFINED = ("cert-manager.io/v1", "gateway.networking.k8s.io/v1")
"""The groups whose definitions a chart has; Cilium's are brought by its operator."""


@pytest.fixture(scope="module")
def plan() -> Recording:
    return shared_plan(changed("production", put("tripod:addOns.ingress", {"kind": "gateway"})))


@pytest.fixture(scope="module")
def defined(programs: Path, plan: Recording) -> Generator[AppliedObjects]:
    """A cluster with the definitions, and with the namespaces of the objects."""
    with local_kubernetes(str(programs), "100.80.0.0/16") as kubeconfig:
        assert kubeconfig is not None
        objects = AppliedObjects(kubeconfig)
        for release in releases(plan):
            if release.chart in ("cert-manager", "gateway-api-crds"):
                for one in rendered(release, KUBERNETES):
                    if one["kind"] == "CustomResourceDefinition":
                        objects.apply(one, one["metadata"]["name"])
        for one in [*objects_of(plan), *namespace("shop")]:
            if one["kind"] == "Namespace":
                objects.apply(one, one["metadata"]["name"])
        yield objects


def custom(plan: Recording) -> list[dict[str, Any]]:
    """The custom resources of a whole stack, and of a team's service with two hosts."""
    ours = [one for one in objects_of(plan) if one["apiVersion"] in DEFINED]
    spec = WebServiceSpec.load({**SERVICE, "ingress": "gateway"})
    return [*ours, *(one for one in ingress_objects(spec) if one["apiVersion"] in DEFINED)]


def test_each_is_taken_and_a_second_time_changes_nothing(defined: AppliedObjects, plan: Recording):
    given = custom(plan)
    kinds = sorted(one["kind"] for one in given)
    assert kinds == ["Certificate", "ClusterIssuer", "Gateway", "GatewayClass", "HTTPRoute", "HTTPRoute"]
    # A server knows a kind a moment after its definition.
    for one in given:
        until(f"{one['kind']} is known", lambda one=one: defined.apply(one, one["kind"]) is not None)
    before = [defined.apply(one, one["kind"]).metadata.resourceVersion for one in given]
    assert [defined.apply(one, one["kind"]).metadata.resourceVersion for one in given] == before


def test_definitions_come_before_what_they_define(plan: Recording):
    assert {apply_order(one) for one in custom(plan)} == {3}


def test_a_field_that_no_definition_knows_is_noticed(defined: AppliedObjects, plan: Recording):
    (issuer,) = (one for one in custom(plan) if one["kind"] == "ClusterIssuer")
    wrong: dict[str, Any] = {**issuer, "spec": {"acme": {**issuer["spec"]["acme"], "solver": []}}}
    with pytest.raises(RefusedObjectError, match="solver"):
        defined.apply(wrong, "wrong")
