"""The component WorkerGroup: identical workers, one auto-scaling group in each zone."""

from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from tripod.compute.launch import (
    RETRY_FAILED_LAUNCHES,
    InstanceArgs,
    group_tags,
    latest,
    make_launch_template,
    private_interface,
)
from tripod.compute.spec import system_problems
from tripod.core.component import ChildFactory, annotated_outputs, dependencies_of, recorded_inputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import WorkerGroupSettings
from tripod.iam.autoscaler_policies import AUTOSCALER_TAG
from tripod.network.zones import in_slot_order
from tripod.workers.spec import WorkerGroupSpec, group_problems

DRAIN_HEARTBEAT_SECONDS = 300
"""Heartbeat timeout of a node's termination hook while it drains; its agent sends heartbeats."""


class WorkerGroupArgs(InstanceArgs, WorkerGroupSettings):
    """Arguments of WorkerGroup."""

    network_zones: dict[str, int]
    """Zone → slot of the network."""
    node_subnet_ids: dict[str, pulumi.Input[str]]
    """Zone → id of the nodes subnet."""
    user_data: pulumi.Input[str]
    """User data of a node, in base64."""


class WorkerGroup(pulumi.ComponentResource):
    """A group of identical workers. Cluster-autoscaler scales it between its two limits.

    Each zone has a group of its own, so that a pod finds a node in its volume's zone, and the autoscaler, not AWS,
    chooses the zone of new nodes.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    group_names: pulumi.Output[list[str]]
    """The auto-scaling groups."""

    def __init__(self, name: str, args: WorkerGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(WorkerGroupSpec, args, WorkerGroupArgs)
        zones = {zone: int(slot) for zone, slot in args["network_zones"].items()}
        raise_if_any(_problems(spec, zones, args["system"]))
        super().__init__("tripod:index:WorkerGroup", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        before = dependencies_of(opts)
        template = make_launch_template(
            children,
            ["workers", spec.name],
            args,
            spec.instance_types[0],
            spec.root_volume,
            args["user_data"],
            private_interface(args["security_group_id"]),
        )
        groups = [
            _make_group(children, spec, args["node_subnet_ids"][zone], zone, slot, template, before)
            for zone, slot in in_slot_order(zones)
            if zone in (spec.zones or zones)
        ]
        self.group_names = pulumi.Output.all(*(group.name for group in groups))
        self.register_outputs(annotated_outputs(self))


def _problems(spec: WorkerGroupSpec, zones: dict[str, int], system: str) -> Iterator[Problem]:
    for found in group_problems((spec,), zones, ()):
        yield Problem(found.path[1:], found.given, found.allowed, found.remedy)
    yield from system_problems(system)


def _make_group(
    children: ChildFactory,
    spec: WorkerGroupSpec,
    subnet_id: pulumi.Input[str],
    zone: str,
    slot: int,
    template: aws.ec2.LaunchTemplate,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.autoscaling.Group:
    mixture = _mixed_instances(spec, template)
    group = aws.autoscaling.Group(
        children.logical_name("group", slot),
        name=children.physical_name("workers", spec.name, slot),
        vpc_zone_identifiers=[subnet_id],
        min_size=spec.min_per_zone,
        max_size=spec.max_per_zone,
        desired_capacity=spec.min_per_zone,
        health_check_type="EC2",
        suspended_processes=["AZRebalance"],
        capacity_rebalance=spec.spot is not None,
        # No wait. An update waits for exactly max(min_size, desired_capacity) instances, and the desired capacity that
        # it compares is the ignored one: a group that the autoscaler has grown would never match (provider 5.100,
        # internal/service/autoscaling/group.go, resourceGroupUpdate).
        wait_for_capacity_timeout="0",
        ignore_failed_scaling_activities=RETRY_FAILED_LAUNCHES,
        tags=group_tags(
            {**children.tags("workers", spec.name, zone, role="workers"), **autoscaler_tags(children.cluster, spec)}
        ),
        launch_template=None if mixture else latest(template),
        mixed_instances_policy=mixture,
        # The autoscaler sets the desired capacity.
        opts=children.opts(depends_on=before, ignore_changes=["desired_capacity"]),
    )
    # A terminating node completes the hook once it is drained.
    aws.autoscaling.LifecycleHook(
        children.logical_name("leave", slot),
        name="leave",
        autoscaling_group_name=group.name,
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        default_result="CONTINUE",
        heartbeat_timeout=DRAIN_HEARTBEAT_SECONDS,
        opts=children.opts(),
    )
    return group


def _mixed_instances(
    spec: WorkerGroupSpec, template: aws.ec2.LaunchTemplate
) -> aws.autoscaling.GroupMixedInstancesPolicyArgsDict | None:
    """Build a group's mixed-instances policy; None for one type on demand."""
    if len(spec.instance_types) == 1 and spec.spot is None:
        return None
    distribution: aws.autoscaling.GroupMixedInstancesPolicyInstancesDistributionArgsDict = {
        "on_demand_allocation_strategy": "prioritized",
        "on_demand_base_capacity": spec.spot.on_demand_base if spec.spot else 0,
        "on_demand_percentage_above_base_capacity": spec.spot.on_demand_percentage if spec.spot else 100,
    }
    if spec.spot:
        distribution["spot_allocation_strategy"] = "price-capacity-optimized"
    return {
        "instances_distribution": distribution,
        "launch_template": {
            "launch_template_specification": {
                "launch_template_id": template.id,
                "version": template.latest_version.apply(str),
            },
            "overrides": [{"instance_type": name} for name in spec.instance_types],
        },
    }


def autoscaler_tags(cluster: str, spec: WorkerGroupSpec) -> Mapping[str, str]:
    """Build the tags with which cluster-autoscaler finds a group and predicts its nodes' labels and taints."""
    labels = {f"{AUTOSCALER_TAG}/node-template/label/{key}": value for key, value in spec.labels.items()}
    taints = {
        f"{AUTOSCALER_TAG}/node-template/taint/{taint.key}": f"{taint.value}:{taint.effect}" for taint in spec.taints
    }
    return {f"{AUTOSCALER_TAG}/enabled": "true", f"{AUTOSCALER_TAG}/{cluster}": "owned", **labels, **taints}
