"""The component ControlPlane: nodes that are alike, in every zone, replaced and never repaired."""

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
    """The machine image."""
    system: str
    """The operating system in it: ubuntu-24.04 or debian-12."""
    user_data: pulumi.Input[str]
    """What a node boots with, in base64."""


class ControlPlane(pulumi.ComponentResource):
    """The control plane: one auto-scaling group of fixed size in each zone, all of one launch template.

    A group is there when as many of its nodes as it should have answer /readyz behind the load balancer: what
    depends on this component comes after a working API.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    group_names: pulumi.Output[list[str]]
    """The auto-scaling groups."""
    tolerates_zone_failure: pulumi.Output[bool]
    """Whether nodes are left after the loss of any zone."""

    def __init__(self, name: str, args: ControlPlaneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ControlPlaneSpec, args, ControlPlaneArgs)
        raise_if_any(system_problems(args["system"]))
        super().__init__("tripod:index:ControlPlane", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        before = dependencies_of(opts)
        zones = in_slot_order({zone: int(slot) for zone, slot in args["zones"].items()})
        template = make_launch_template(
            scope,
            ["control-plane"],
            "control-plane",
            _machine(spec, args),
            private_interface(args["security_group_id"]),
        )
        self._made = [_make_group(scope, spec, args, zone, slot, template, before) for zone, slot in zones]
        self.group_names = pulumi.Output.all(*(group.name for group in self._made))
        self.tolerates_zone_failure = pulumi.Output.from_input(len(zones) > 1)
        self.register_outputs(annotated_outputs(self))

    def groups(self) -> list[aws.autoscaling.Group]:
        """The auto-scaling groups, for what must come after a working API."""
        return list(self._made)


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
    scope: ChildFactory,
    spec: ControlPlaneSpec,
    args: ControlPlaneArgs,
    zone: str,
    slot: int,
    template: aws.ec2.LaunchTemplate,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.autoscaling.Group:
    return aws.autoscaling.Group(
        scope.child("group", slot),
        name=scope.physical("control-plane", slot),
        vpc_zone_identifiers=[args["control_subnet_ids"][zone]],
        min_size=spec.per_zone,
        max_size=spec.per_zone,
        desired_capacity=spec.per_zone,
        launch_template=latest(template),
        target_group_arns=args["target_group_arns"],
        # Not ELB: when etcd lacks quorum every node fails /readyz, and none must be replaced for it.
        health_check_type="EC2",
        # The gate: the group is there when its nodes answer /readyz.
        wait_for_elb_capacity=spec.per_zone,
        wait_for_capacity_timeout="20m",
        tags=group_tags(scope.tags("control-plane", zone, role="control-plane")),
        opts=scope.opts(depends_on=list(before)),
    )
