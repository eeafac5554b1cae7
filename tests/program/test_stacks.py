"""Every stack file through the whole program."""

import base64
import json

import pytest

from support.stacks.invariants import broken_invariants
from support.stacks.planned import (
    STACKS,
    changed,
    inputs,
    of_type,
    plan_settings,
    planned,
    put,
    settings_of,
    shared_plan,
)
from tripod.rehearsal.program import Recording
from tripod.rehearsal.protocol_values import is_secret


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_keeps_every_invariant(stack: str) -> None:
    assert broken_invariants(planned(stack), settings_of(stack)) == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_first_preview_holds_the_same_resources_as_the_update(stack: str) -> None:
    preview = plan_settings(settings_of(stack), stack, preview=True)
    assert set(preview.registrations) == set(planned(stack).registrations)


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_asks_for_nothing_by_a_name_that_the_provider_would_not_know(stack: str) -> None:
    """A misspelt key of a nested input is passed on in snake_case: the SDK translates only those that it knows."""
    wrong = [
        f"{one.name}: {key}"
        for one in planned(stack).registrations.values()
        if one.type.startswith(("aws:", "tls:", "random:"))
        for key in _keys(inputs(one))
        if "_" in key
    ]
    assert wrong == []


def _keys(value: object) -> list[str]:
    """Keys of nested objects, but for those of tags, which are the user's."""
    if isinstance(value, dict):
        return [
            name
            for key, item in value.items()  # pyright: ignore[reportUnknownVariableType]
            for name in ([str(key)] if key == "tags" else [str(key), *_keys(item)])  # pyright: ignore
        ]
    if isinstance(value, list):
        return [key for item in value for key in _keys(item)]  # pyright: ignore
    return []


def test_what_the_engine_cannot_delete_is_what_tripod_delete_frees() -> None:
    public = put("tripod:access", {"mode": "public-allow-list", "allowedRanges": ["203.0.113.0/24"]})
    plan = shared_plan(changed("production", public))
    protected = {
        one.name: inputs(one)["enableDeletionProtection"] for one in of_type(plan, "lb/loadBalancer:LoadBalancer")
    }
    assert protected == {"cluster-api-internal": True, "cluster-api-public": False}
    # external-dns writes in the cluster's own zone.
    assert [inputs(one)["forceDestroy"] for one in of_type(plan, "route53/zone:Zone")] == [True]


def _names(recording: Recording) -> set[tuple[str, str]]:
    return {(one.type, one.name) for one in recording.registrations.values()}


def test_stacks_differ_by_configuration_alone() -> None:
    assert _names(planned("staging")) == _names(planned("production")) == _names(planned("local"))


# What may differ between staging and another stack once the clusters' names are set aside: property → why.
WRITTEN_DIFFERENCES = {
    "cidrBlock": "ranges",
    "cidrIpv4": "ranges",
    "destinationCidrBlock": "ranges",
    "privateIps": "addresses in those ranges",
    "instanceType": "sizes of instances",
    "size": "sizes of volumes",
    "minSize": "how many workers",
    "maxSize": "how many workers",
    "desiredCapacity": "how many workers",
    "imageId": "images of a laptop's emulator",
    "tags": "whose it is",
    "tagSpecifications": "whose it is",
    "enableDeletionProtection": "what a laptop's emulator may lose",
    "deletionProtection": "what a laptop's emulator may lose",
    "content": "boot documents: ranges among them",
    "key": "named by their content",
    "policy": "the zone that services' names are written in",
    "userData": "names those keys",
}


def test_stacks_differ_only_where_the_list_says_and_the_list_says_no_more() -> None:
    assert _differences("production") | _differences("local") == WRITTEN_DIFFERENCES.keys()


def _differences(other: str) -> set[str]:
    """The properties in which a stack differs from staging."""
    staging, compared = _without_names("staging"), _without_names(other)
    return {
        key
        for urn, values in staging.items()
        for key in values.keys() | compared[urn].keys()
        if values.get(key) != compared[urn].get(key)
    }


def _without_names(stack: str) -> dict[str, dict[str, object]]:
    """URN → AWS inputs, under one stack's name, from which ids follow, and with the cluster's name set aside."""
    settings = settings_of(stack)
    name = settings["tripod:cluster"]["name"]
    recording = shared_plan(settings, "same")
    return {
        urn: json.loads(json.dumps(_readable(inputs(one))).replace(name, "CLUSTER"))
        for urn, one in recording.registrations.items()
        if one.type.startswith("aws:")
    }


def _readable(values: dict[str, object]) -> dict[str, object]:
    user_data = values.get("userData")
    return {**values, "userData": base64.b64decode(user_data).decode()} if isinstance(user_data, str) else values


def test_no_stack_shares_a_role_or_a_secret_with_another() -> None:
    seen: dict[str, str] = {}
    for stack in STACKS:
        for type_ in ("iam/role:Role", "secretsmanager/secret:Secret", "s3/bucket:Bucket"):
            for one in of_type(planned(stack), type_):
                name = inputs(one).get("name") or inputs(one)["bucket"]
                assert name not in seen, f"{name} is of {stack} and {seen.get(name)}"
                seen[name] = stack


@pytest.mark.parametrize("stack", STACKS)
def test_the_kubeconfig_is_a_secret_and_the_rest_of_the_outputs_is_not(stack: str) -> None:
    secret = {name for name, value in planned(stack).outputs.items() if is_secret(value)}
    assert secret == {"kubeconfig"}


ENDPOINTS = {"cloudwatch": "cloudwatchlogs", "ebs": "ec2", "lb": "elbv2", "vpc": "ec2"}
"""Module of the SDK → the provider's name of its service's endpoint, where the two differ."""


def test_the_local_stack_calls_the_emulator_alone() -> None:
    """A service without an endpoint of its own would be called in AWS itself."""
    types = {one.type for one in planned("local").registrations.values() if one.type.startswith("aws:")}
    called = {type_.split(":")[1].split("/")[0] for type_ in types}
    (endpoints,) = settings_of("local")["aws:endpoints"]
    assert {ENDPOINTS.get(module, module) for module in called} - endpoints.keys() == set()
