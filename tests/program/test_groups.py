"""How long the engine waits for Auto Scaling groups (terraform-provider-aws 5.100, group.go), and checks of servers."""

import json
from typing import Any, get_args

import pytest
import yaml

from support.agent.kubernetes_nodes import IDENTITY, control_plane
from support.stacks.planned import STACKS, changed, inputs, of_type, put, settings_of, shared_plan
from tripod.bootstrap.agent.instance.config import read_document
from tripod.bootstrap.agent.instance.documents import ControlPlaneDocument
from tripod.bootstrap.agent.node.kubeadm_config import control_plane_configuration
from tripod.control_plane.spec import EncryptionAlgorithm


def _groups(stack: str, role: str) -> list[dict[str, Any]]:
    found = of_type(shared_plan(settings_of(stack)), "autoscaling/group:Group")
    return [inputs(one) for one in found if f"-{role}-" in one.name]


@pytest.mark.parametrize("role", ["etcd", "control-plane", "workers"])
@pytest.mark.parametrize("stack", STACKS)
def test_one_failed_launch_ends_no_wait(stack: str, role: str) -> None:
    """statusGroupCapacity returns an error for each failed activity unless the group ignores them."""
    groups = _groups(stack, role)
    assert groups
    assert all(group["ignoreFailedScalingActivities"] is True for group in groups)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_waits_for_a_number_of_workers_that_the_autoscaler_changes(stack: str) -> None:
    """resourceGroupUpdate wants exactly max(min_size, desired_capacity) if the timeout is above zero."""
    assert {group["waitForCapacityTimeout"] for group in _groups(stack, "workers")} == {"0"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_group_of_fixed_size_counts_as_made_once_its_instances_serve(stack: str) -> None:
    for group in _groups(stack, "control-plane"):
        assert group["waitForElbCapacity"] == group["desiredCapacity"] == group["minSize"] == group["maxSize"]
        assert group["targetGroupArns"]
        assert group["waitForCapacityTimeout"] == "20m"
    for group in _groups(stack, "etcd"):
        assert group["waitForCapacityTimeout"] == "15m"


@pytest.mark.parametrize("stack", STACKS)
def test_the_load_balancer_notices_a_stopping_server_before_it_is_gone(stack: str) -> None:
    """Limits of the checks: internal/service/elbv2/target_group.go; a timeout must be shorter than the interval."""
    text = control_plane_configuration(control_plane(), ["10.0.192.16"], IDENTITY)
    cluster = next(part for part in yaml.safe_load_all(text) if part["kind"] == "ClusterConfiguration")
    flags = {one["name"]: one["value"] for one in cluster["apiServer"]["extraArgs"]}
    targets = of_type(shared_plan(settings_of(stack)), "lb/targetGroup:TargetGroup")
    assert targets
    for check in (inputs(one)["healthCheck"] for one in targets):
        assert 2 <= check["timeout"] < check["interval"] <= 300
        assert check["interval"] >= 5
        assert check["unhealthyThreshold"] >= 2
        assert check["interval"] * check["unhealthyThreshold"] * 2 <= int(flags["shutdown-delay-duration"].rstrip("s"))


@pytest.mark.parametrize("algorithm", get_args(EncryptionAlgorithm))
def test_kubeadm_makes_the_keys_that_a_stack_file_asks_for(algorithm: str) -> None:
    recording = shared_plan(changed("staging", put("tripod:controlPlane.encryptionAlgorithm", algorithm)))
    contents = [inputs(one).get("content") for one in of_type(recording, "s3/bucketObjectv2:BucketObjectv2")]
    documents = [json.loads(text) for text in contents if text and '"control-plane"' in text]
    (document,) = [read_document(values)[0] for values in documents if values.get("role") == "control-plane"]
    assert isinstance(document, ControlPlaneDocument)
    text = control_plane_configuration(document, ["10.0.192.16"], IDENTITY)
    cluster = next(part for part in yaml.safe_load_all(text) if part["kind"] == "ClusterConfiguration")
    assert cluster["encryptionAlgorithm"] == algorithm
