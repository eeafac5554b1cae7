"""How long the engine waits for Auto Scaling groups, by the rules of terraform-provider-aws 5.100 (group.go)."""

from typing import Any

import pytest

from support.stacks.planned import STACKS, inputs, of_type, settings_of, shared_plan


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
