"""The component ControlPlane: identical nodes in every zone, replaced and never repaired."""

from collections.abc import Sequence
from typing import cast

import pulumi
import pulumi_aws as aws

from tripod.compute.launch import Machine, group_tags, latest, make_launch_template, private_interface
from tripod.compute.spec import System, system_problems
from tripod.control_plane.spec import ControlPlaneSpec
from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, dependencies_of, recorded_inputs, spec_of
from tripod.core.problems import raise_if_any
from tripod.core.spec_types import ControlPlaneSettings
from tripod.network.zones import in_slot_order


class ControlPlaneArgs(OwnedArgs, ControlPlaneSettings):
    """Arguments of ControlPlane."""

    zones: dict[str, int]
    """Zone → slot."""
    control_subnet_ids: dict[str, pulumi.Input[str]]
    """Zone → id of the control subnet."""
    security_group_id: pulumi.Input[str]
    """The nodes' security group."""
    instance_profile: pulumi.Input[str]
    """The nodes' instance profile."""
    storage_key_arn: pulumi.Input[str]
    """The KMS key of their disks."""
    target_group_arns: pulumi.Input[list[str]]
    """The load balancers' target groups."""
    image: str
    """The image id (AMI) of the instances."""
    system: str
    """Its operating system: ubuntu-24.04 or debian-12."""
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
            "control-plane",
            _machine(spec, args),
            private_interface(args["security_group_id"]),
        )
        self._groups = [_make_group(children, spec, args, zone, slot, template, before) for zone, slot in zones]
        self.group_names = pulumi.Output.all(*(group.name for group in self._groups))
        self.tolerates_zone_failure = pulumi.Output.from_input(len(zones) > 1)
        self.register_outputs(annotated_outputs(self))

    def groups(self) -> list[aws.autoscaling.Group]:
        """The auto-scaling groups, for resources that need a working API."""
        return list(self._groups)


def _machine(spec: ControlPlaneSpec, args: ControlPlaneArgs) -> Machine:
    return Machine(
        image=args["image"],
        system=cast("System", args["system"]),
        instance_type=spec.instance_type,
        profile=args["instance_profile"],
        root_volume=spec.root_volume,
        key_arn=args["storage_key_arn"],
        user_data=args["user_data"],
    )


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
        children.child("group", slot),
        name=children.physical("control-plane", slot),
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
        tags=group_tags(children.tags("control-plane", zone, role="control-plane")),
        opts=children.opts(depends_on=list(before)),
    )
