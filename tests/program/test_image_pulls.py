"""Repositories of ECR in a stack file: the rights of nodes, and the boot documents that bring the program."""

import json

import pytest

from support.stacks.planned import changed, inputs, of_type, planned, put, shared_plan
from support.stacks.samples import statements
from tripod.rehearsal.program import Recording

PROGRAM = "ecr-credential-provider"


def pulling() -> Recording:
    return shared_plan(changed("staging", put("tripod:supply.ecrRepositories", ["shop/*"])), "staging")


def test_workers_and_the_control_plane_may_pull_and_members_may_not() -> None:
    policies = {inputs(one)["name"]: one for one in of_type(pulling(), "iam/rolePolicy:RolePolicy")}
    assert "images" in policies
    named = [one.name for one in of_type(pulling(), "iam/rolePolicy:RolePolicy") if inputs(one)["name"] == "images"]
    assert [one.rpartition("roles-")[2] for one in sorted(named)] == ["control-plane-images", "workers-images"]
    (pull,) = [one for one in statements(json.loads(inputs(policies["images"])["policy"])) if one["Sid"] == "Pull"]
    assert pull["Resource"] == ["arn:aws:ecr:us-west-2:123456789012:repository/shop/*"]


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_without_repositories_no_node_has_rights_or_program(stack: str) -> None:
    assert "ecr:" not in str([inputs(one)["policy"] for one in of_type(planned(stack), "iam/rolePolicy:RolePolicy")])
    assert PROGRAM not in str(documents(planned(stack)))


def documents(recording: Recording) -> dict[str, str]:
    """Name → text of the boot documents in the payload bucket."""
    found = of_type(recording, "s3/bucketObjectv2:BucketObjectv2")
    return {one.name: str(inputs(one).get("content")) for one in found if inputs(one).get("content")}


def test_the_documents_of_nodes_name_the_program_for_every_architecture() -> None:
    with_it = {name for name, text in documents(pulling()).items() if PROGRAM in text}
    assert {name for name in documents(pulling()) if "control-plane" in name or "workers" in name} == with_it
    assert with_it
    for name in with_it:
        found = json.loads(documents(pulling())[name])["supply"]["binaries"]
        assert found[PROGRAM].keys() == found["kubelet"].keys()
