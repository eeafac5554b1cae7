"""Add-ons change without a change of the AWS resources; an add-on of your own is one file and one line."""

from pathlib import Path
from typing import Any

import pytest

from support.stacks.planned import changed, inputs, of_type, plan_settings, planned, put, shared_plan
from support.stacks.reading import preceding
from tripod.bootstrap.agent.control_plane.release_aws_resources import AGGREGATED
from tripod.rehearsal.objects import KUBERNETES_TYPE
from tripod.rehearsal.program import Recording
from tripod.rehearsal.protocol_values import is_secret

CHANGES: dict[str, Any] = {
    "tripod:addOns.coreDns.replicas": 3,
    "tripod:addOns.metricsServer.values": {"logLevel": 4},
    "tripod:addOns.coreDns.overrides": {"Deployment/coredns": {"spec": {"revisionHistoryLimit": 2}}},
    "tripod:addOns.ingress.replicas": 4,
    "tripod:addOns.issuers.email": "ops@example.com",
    "tripod:addOns.charts.repository": "oci://charts.example.com/mirror",
    "tripod:addOns.metrics": {"alerts": {"restartsPerDay": 9}},
    "tripod:addOns.without": ["metricsServer"],
}


def outside(recording: Recording) -> dict[str, dict[str, Any]]:
    """Resources outside the cluster: URN → inputs; components are only names for their children."""
    return {
        urn: inputs(one)
        for urn, one in recording.registrations.items()
        if one.custom and not one.type.startswith((KUBERNETES_TYPE, "pulumi:providers:kubernetes"))
    }


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_of_an_add_on_changes_nothing_in_aws(path: str) -> None:
    before, after = planned("production"), shared_plan(changed("production", put(path, CHANGES[path])), "production")
    assert {urn: inputs(one) for urn, one in after.registrations.items() if one.custom} != {
        urn: inputs(one) for urn, one in before.registrations.items() if one.custom
    }
    assert outside(after) == outside(before)


def test_whatever_is_in_the_cluster_waits_for_the_clusters_groups() -> None:
    recording = planned("production")
    (provider,) = [one for one in recording.registrations.values() if one.type == "pulumi:providers:kubernetes"]
    awaited = {recording.registrations[urn].type for urn in provider.dependencies if urn in recording.registrations}
    assert "aws:autoscaling/group:Group" in awaited
    for one in recording.registrations.values():
        if one.type.startswith(KUBERNETES_TYPE):
            assert one.provider.startswith(provider.urn), one.urn


@pytest.mark.parametrize(
    ("owner", "controllers"),
    [
        # What a destroy takes away goes before what made it: the way round of how it came.
        ("add-ons-external-dns-public-release", {"add-ons-cilium-release"}),
        ("add-ons-ebs-csi-release", {"add-ons-cilium-release", "add-ons-cloud-controller-release"}),
        ("add-ons-issuers-cluster-issuer-acme", {"add-ons-cert-manager-release"}),
    ],
)
def test_what_owns_things_in_aws_goes_before_the_controllers_that_made_them(owner: str, controllers: set[str]) -> None:
    recording = planned("production")
    (urn,) = [urn for urn, one in recording.registrations.items() if one.name == owner]
    assert controllers <= {recording.registrations[one].name for one in preceding(recording, urn)}


@pytest.mark.parametrize("ingress", ["ingress-nginx", "gateway"])
def test_the_aggregated_api_goes_before_any_namespace(ingress: str) -> None:
    """A namespace cannot be deleted while it has no server, and its server goes in a destroy too."""
    recording = shared_plan(changed("production", put("tripod:addOns.ingress", {"kind": ingress})))
    (release,) = [urn for urn, one in recording.registrations.items() if one.name == "add-ons-metrics-server-release"]
    spaces = {one.name for one in of_type(recording, "kubernetes:core/v1:Namespace")}
    assert len(spaces) > 5
    assert spaces <= {recording.registrations[one].name for one in preceding(recording, release)}
    # The API that the agent frees a deletion of is the one that the chart registers under its release's name.
    made = inputs(recording.registrations[release])
    assert {"v1beta1.metrics.k8s.io": (made["namespace"], made["name"])} == AGGREGATED


def test_a_cluster_on_this_machine_stands_for_an_emulated_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kind").write_text("apiVersion: v1")
    monkeypatch.setenv("TRIPOD_KUBECONFIG", str(tmp_path / "kind"))
    recording = plan_settings(changed("local"), "local")
    (provider,) = [one for one in recording.registrations.values() if one.type == "pulumi:providers:kubernetes"]
    assert inputs(provider)["kubeconfig"] == "apiVersion: v1"
    assert is_secret(provider.inputs["kubeconfig"])


def test_without_one_nothing_lives_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = planned("local")  # which is kept for other tests
    monkeypatch.setenv("TRIPOD_KUBECONFIG", "")
    recording = plan_settings(changed("local"), "local")
    assert not [one for one in recording.registrations.values() if "kubernetes" in one.type]
    assert outside(recording).keys() <= outside(whole).keys()
