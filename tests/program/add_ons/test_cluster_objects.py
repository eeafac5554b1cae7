"""Every Kubernetes object of every stack file keeps the manifest rules."""

from typing import Any

import pytest

from support.add_ons.manifest_rules import PolicyContext, cluster_problems
from support.stacks.planned import STACKS, changed, inputs, objects_of, planned, put, settings_of, shared_plan
from support.stacks.reading import leaves
from tripod.rehearsal.protocol_values import is_secret

MIRRORS = {
    "registry.k8s.io": "mirror.example/k8s",
    "quay.io": "mirror.example/quay",
    "docker.io": "mirror.example/docker",
    "public.ecr.aws": "mirror.example/ecr",
    "ghcr.io": "mirror.example/ghcr",
}


def _context(settings: dict[str, Any]) -> PolicyContext:
    peers = tuple(peer["cidr"] for peer in settings.get("tripod:peers", ()))
    return PolicyContext(mirrors=settings.get("tripod:supply", {}).get("images", {}), databases=peers)


@pytest.mark.parametrize("stack", STACKS)
def test_every_object_keeps_the_rules(stack: str):
    given = objects_of(planned(stack))
    assert any(one["kind"] == "Deployment" for one in given)
    assert list(cluster_problems(given, _context(settings_of(stack)))) == []


def test_with_mirrors_every_image_lies_in_one():
    settings = changed("production", put("tripod:supply", {"images": MIRRORS}))
    assert list(cluster_problems(objects_of(shared_plan(settings)), _context(settings))) == []


# What may differ in the cluster between staging and production once their names are set aside: key → why.
WRITTEN_DIFFERENCES = {
    "cidr": "ranges",
    "proxy-real-ip-cidr": "ranges",
    "hostedZoneID": "the zone that services' names are written in",
    "zone-id-filter": "the zone that services' names are written in",
    "server": "production alone gets certificates that browsers trust",
    "tripod/config": "digests of configuration with names in it",
    "tripod/cloud-config": "digests of configuration with names in it",
}


def test_production_s_objects_differ_from_staging_s_only_as_listed():
    staging, production = _leaves("staging"), _leaves("production")
    assert staging.keys() == production.keys()
    differing = {key for urn, leaves in staging.items() for key, _ in leaves ^ production[urn]}
    assert differing == WRITTEN_DIFFERENCES.keys()


def _leaves(stack: str) -> dict[str, set[tuple[str, str]]]:
    """URN → the values of an object or a release, each with its key, with the cluster's name set aside."""
    name = settings_of(stack)["tripod:cluster"]["name"]
    return {
        urn: {(key, str(value).replace(name, "CLUSTER")) for key, value in leaves(inputs(one))}
        for urn, one in shared_plan(settings_of(stack), "same").registrations.items()
        if one.type.startswith("kubernetes:")
    }


def test_registry_credentials_are_bound_and_never_in_clear():
    credentials = {"secretName": "pull-credentials"}
    namespaces = {
        "teams": [{"name": "shop", "registries": ["ours"]}],
        "registries": [{"name": "ours", "server": "registry.example.com", "credentials": credentials}],
    }
    recording = shared_plan(changed("production", put("tripod:addOns.namespaces", namespaces)))
    made = {one.name: one for one in recording.registrations.values() if "Namespaces$kubernetes:" in one.urn}
    secret = made["add-ons-namespaces-secret-registry-ours"]
    assert is_secret(secret.inputs["stringData"])
    assert not is_secret(secret.inputs["metadata"])
    account = inputs(made["add-ons-namespaces-service-account-default"])
    assert account["imagePullSecrets"] == [{"name": "registry-ours"}]
