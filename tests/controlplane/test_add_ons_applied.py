"""The objects of add-ons are taken by a real API server: from nothing, each field validated, and then again."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.controlplane.instances.waiting import until
from support.controlplane.local_cluster import api_client
from support.stacks.planned import ROOT, changed, config_of, project, put
from tripod.cli.rehearse import in_cluster_outcomes, service_range
from tripod.operations.in_cluster import CHECKS, WITHOUT_NODES
from tripod.operations.in_cluster.view import ClusterView, KubernetesApi
from tripod.operations.verify import run_checks
from tripod.rehearsal.local_kubernetes import VARIABLE, LocalKubernetesError, local_kubernetes
from tripod.rehearsal.objects import KUBERNETES_TYPE, AppliedObjects, ObjectResult
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import record
from tripod.rehearsal.protocol_values import plain
from tripod.rehearsal.recorder import Registration

REGION = "us-west-2"


@dataclass
class ApplyingBackend:
    """A plan of AWS, and the objects in the cluster for real."""

    objects: AppliedObjects
    plan: PlanBackend = field(default_factory=lambda: PlanBackend(REGION))
    applied: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def create(self, registration: Registration) -> tuple[Any, dict[str, Any]]:
        if registration.type.startswith(KUBERNETES_TYPE):
            self.objects.put(registration)
            if self.objects.results[registration.urn] is ObjectResult.APPLIED:
                self.applied.append(plain(registration.inputs))
        return self.plan.create(registration)

    def invoke(self, function: str, arguments: Mapping[str, Any], provider: str) -> dict[str, Any]:
        return self.plan.invoke(function, arguments, provider)


def brought_up(stack: str, kubeconfig: Path, *changes: Callable[[dict[str, Any]], None]) -> ApplyingBackend:
    """A stack's program, its objects applied as the engine would: each when what it needs is there."""
    applying = ApplyingBackend(AppliedObjects(kubeconfig))
    record(project(), stack, config_of(changed(stack, *changes)), applying)
    return applying


def versions(kubeconfig: Path, bodies: list[dict[str, Any]]) -> dict[str, str]:
    """Object → the version that the server keeps of it: it moves with every change."""
    client = api_client(kubeconfig)
    found: dict[str, str] = {}
    for body in bodies:
        metadata = body["metadata"]
        kind = client.resources.get(api_version=body["apiVersion"], kind=body["kind"])
        kept = client.get(kind, name=metadata["name"], namespace=metadata.get("namespace"))
        found[f"{body['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = kept.metadata.resourceVersion
    return found


@pytest.fixture
def empty(programs: Path) -> Generator[Path]:
    """A cluster with nothing in it."""
    recording = record(project(), "production", config_of(changed("production")), PlanBackend(REGION))
    with local_kubernetes(str(programs), service_range(recording)) as kubeconfig:
        assert kubeconfig is not None
        yield kubeconfig


COLLECTORS = put("tripod:addOns.metrics", {"remoteWrite": {"url": "https://metrics.example.com/api/v1/push"}})
"""Without a place for metrics, nothing collects them."""


@pytest.mark.parametrize("cni", ["cilium", "aws-vpc"])
def test_every_object_is_applied_from_nothing_and_a_second_time_changes_none(
    empty: Path, cni: str, measured: Callable[[str], None]
) -> None:
    started = time.monotonic()
    first = brought_up("production", empty, put("tripod:network.cni", cni), COLLECTORS)
    seconds = time.monotonic() - started
    before = versions(empty, first.applied)
    brought_up("production", empty, put("tripod:network.cni", cni), COLLECTORS)
    assert versions(empty, first.applied) == before
    assert len(before) == len(first.applied) > 5
    measured(f"{len(before)} objects of production with {cni} applied to an empty cluster in {seconds:.1f} s")


def broken(kubeconfig: Path) -> set[str]:
    """The in-cluster checks that fail."""
    return {outcome.check.id for outcome in in_cluster_outcomes(kubeconfig) if not outcome.passed}


def test_what_no_team_may_have_is_refused_until_a_policy_is_gone(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "refusals" in {outcome.check.id for outcome in run_checks(CHECKS, ClusterView(KubernetesApi(empty), "zone"))}
    brought_up("production", empty)
    assert broken(empty) == set()
    client = api_client(empty)
    bindings = client.resources.get(
        api_version="admissionregistration.k8s.io/v1", kind="ValidatingAdmissionPolicyBinding"
    )
    for binding in client.get(bindings).items:
        client.delete(bindings, name=binding.metadata.name)
    monkeypatch.setattr("tripod.cli.rehearse.POLICY_SECONDS", 0)
    until("the policies' end", lambda: broken(empty) == {"refusals"})


def test_a_rehearsal_applies_verifies_and_says_so(programs: Path) -> None:
    command = [str(Path(sys.executable).with_name("tripod")), "rehearse", "local", "--json"]
    environment = {**os.environ, VARIABLE: str(programs)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    results: Counter[str] = Counter(summary["objects"].values())
    assert results[ObjectResult.APPLIED.value] > 50
    assert results[ObjectResult.COMPARED.value] == 0
    assert {one["check"] for one in summary["checks"]} >= {check.id for check in WITHOUT_NODES}


def test_a_place_without_a_server_is_refused_in_so_many_words(tmp_path: Path) -> None:
    with (
        pytest.raises(LocalKubernetesError, match="lacks etcd and kube-apiserver"),
        local_kubernetes(str(tmp_path), "100.80.0.0/16"),
    ):
        pass
