"""What lives in the cluster changes without what it stands on; one of your own is one file and one line."""

from typing import Any

import pytest

from support.stacks import changed, inputs, plan_settings, planned, put
from tripod.rehearsal.objects import KUBERNETES_TYPE
from tripod.rehearsal.program import Recording

CHANGES: dict[str, Any] = {
    "tripod:addOns.coreDns.replicas": 3,
    "tripod:addOns.metricsServer.values": {"logLevel": 4},
    "tripod:addOns.coreDns.overrides": {"Deployment/coredns": {"spec": {"revisionHistoryLimit": 2}}},
    "tripod:addOns.ingress.replicas": 4,
    "tripod:addOns.issuers.email": "ops@example.com",
    "tripod:addOns.charts.repository": "oci://charts.example.com/mirror",
    "tripod:addOns.without": ["metricsServer"],
}


def outside(recording: Recording) -> dict[str, dict[str, Any]]:
    """What does not live in the cluster: URN → its inputs; components are only names for their children."""
    return {
        urn: inputs(one)
        for urn, one in recording.registrations.items()
        if one.custom and not one.type.startswith((KUBERNETES_TYPE, "pulumi:providers:kubernetes"))
    }


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_of_an_add_on_changes_nothing_in_aws(path: str) -> None:
    before, after = planned("production"), plan_settings(changed("production", put(path, CHANGES[path])), "production")
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
