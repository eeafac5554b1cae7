"""The component ControlPlane: identical nodes in every zone, replaced and never repaired."""

from collections.abc import Sequence

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
from tripod.control_plane.spec import ControlPlaneSpec
from tripod.core.component import ChildFactory, annotated_outputs, dependencies_of, recorded_inputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.core.spec_types import ControlPlaneSettings
from tripod.network.zones import in_slot_order


class ControlPlaneArgs(InstanceArgs, ControlPlaneSettings):
    """Arguments of ControlPlane."""

    zones: dict[str, int]
    """Zone → slot."""
    control_subnet_ids: dict[str, pulumi.Input[str]]
    """Zone → id of the control subnet."""
    target_group_arns: pulumi.Input[list[str]]
    """The load balancers' target groups."""
    user_data: pulumi.Input[str]
    """User data of a node, in base64."""


class ControlPlane(pulumi.ComponentResource):
    """The control plane: one auto-scaling group of fixed size in each zone, all with one launch template.

    A group is created once all its nodes answer /readyz behind the load balancer: resources that depend on this
    component are created after the API works.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    group_names: pulumi.Output[list[str]]
    """The auto-scaling groups."""
    tolerates_zone_failure: pulumi.Output[bool]
    """True if nodes are left after the loss of any zone."""

    def __init__(self, name: str, args: ControlPlaneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ControlPlaneSpec, args, ControlPlaneArgs)
        raise_if_any(system_problems(args["system"]))
        super().__init__("tripod:index:ControlPlane", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        before = dependencies_of(opts)
        zones = in_slot_order({zone: int(slot) for zone, slot in args["zones"].items()})
        template = make_launch_template(
            children,
            ["control-plane"],
            args,
            spec.instance_type,
            spec.root_volume,
            args["user_data"],
            private_interface(args["security_group_id"]),
        )
        self._groups = [_make_group(children, spec, args, zone, slot, template, before) for zone, slot in zones]
        self.group_names = pulumi.Output.all(*(group.name for group in self._groups))
        self.tolerates_zone_failure = pulumi.Output.from_input(len(zones) > 1)
        self.register_outputs(annotated_outputs(self))

    def groups(self) -> list[aws.autoscaling.Group]:
        """The auto-scaling groups, for resources that need a working API."""
        return list(self._groups)


def _make_group(
    children: ChildFactory,
    spec: ControlPlaneSpec,
    args: ControlPlaneArgs,
    zone: str,
    slot: int,
    template: aws.ec2.LaunchTemplate,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.autoscaling.Group:
    return aws.autoscaling.Group(
        children.logical_name("group", slot),
        name=children.physical_name("control-plane", slot),
        vpc_zone_identifiers=[args["control_subnet_ids"][zone]],
        min_size=spec.per_zone,
        max_size=spec.per_zone,
        desired_capacity=spec.per_zone,
        launch_template=latest(template),
        target_group_arns=args["target_group_arns"],
        # Not ELB: without etcd's quorum every node fails /readyz, and none must be replaced for that.
        health_check_type="EC2",
        # The readiness gate: the group counts as created once its nodes answer /readyz.
        wait_for_elb_capacity=spec.per_zone,
        wait_for_capacity_timeout="20m",
        ignore_failed_scaling_activities=RETRY_FAILED_LAUNCHES,
        tags=group_tags(children.tags("control-plane", zone, role="control-plane")),
        opts=children.opts(depends_on=list(before)),
    )
