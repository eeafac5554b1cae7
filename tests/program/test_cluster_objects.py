"""Every Kubernetes object of every stack file keeps the rules of the house."""

from typing import Any

import pytest

from support.stacks import STACKS, changed, inputs, plan_settings, planned, put, settings_of
from tripod.addons.checks import House, cluster_problems
from tripod.rehearsal.program import Recording

MIRRORS = {
    "registry.k8s.io": "mirror.example/k8s",
    "quay.io": "mirror.example/quay",
    "docker.io": "mirror.example/docker",
    "public.ecr.aws": "mirror.example/ecr",
    "ghcr.io": "mirror.example/ghcr",
}


def objects_of(recording: Recording) -> list[dict[str, Any]]:
    """The Kubernetes objects that a plan declares itself; a chart's are rendered by Helm."""
    return [
        inputs(one)
        for one in recording.registrations.values()
        if one.type.startswith("kubernetes:") and "helm.sh" not in one.type
    ]


def _house(settings: dict[str, Any]) -> House:
    peers = tuple(peer["cidr"] for peer in settings.get("tripod:peers", ()))
    return House(mirrors=settings.get("tripod:supply", {}).get("images", {}), databases=peers)


@pytest.mark.parametrize("stack", STACKS)
def test_every_object_keeps_the_rules(stack: str):
    given = objects_of(planned(stack))
    assert any(one["kind"] == "Deployment" for one in given)
    assert list(cluster_problems(given, _house(settings_of(stack)))) == []


def test_with_mirrors_every_image_lies_in_one():
    settings = changed("production", put("tripod:supply", {"images": MIRRORS}))
    assert list(cluster_problems(objects_of(plan_settings(settings)), _house(settings))) == []
