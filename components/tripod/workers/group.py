"""The component WorkerGroup: workers of one kind, one auto-scaling group in each zone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from tripod.compute.launch import Machine, group_tags, latest, make_launch_template, private_interface
from tripod.compute.spec import System, system_problems
from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, dependencies_of, recorded_inputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import WorkerGroupSettings
from tripod.iam.autoscaler_policies import AUTOSCALER_TAG
from tripod.network.zones import in_slot_order
from tripod.workers.spec import WorkerGroupSpec, group_problems

LEAVE_SECONDS = 300
"""How long a node that is to go may be silent while it drains; its agent sends heartbeats."""


class WorkerGroupArgs(OwnedArgs, WorkerGroupSettings):
    """Arguments of WorkerGroup."""

    network_zones: dict[str, int]
    """Zone → slot, of the network."""
    node_subnet_ids: dict[str, pulumi.Input[str]]
    """Zone → id of the nodes subnet."""
    security_group_id: pulumi.Input[str]
    """The workers' security group."""
    instance_profile: pulumi.Input[str]
    """The workers' instance profile."""
    storage_key_arn: pulumi.Input[str]
    """The KMS key of their disks."""
    image: str
    """The machine image."""
    system: str
    """The operating system in it: ubuntu-24.04 or debian-12."""
    user_data: pulumi.Input[str]
    """What a node boots with, in base64."""


class WorkerGroup(pulumi.ComponentResource):
    """Workers of one kind. Cluster-autoscaler moves their number between the two limits.

    A group for each zone, so that a volume's pod finds a node where the volume is, and so that the autoscaler,
    not AWS, decides where nodes go.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    group_names: pulumi.Output[list[str]]
    """The auto-scaling groups."""

    def __init__(self, name: str, args: WorkerGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(WorkerGroupSpec, args, WorkerGroupArgs)
        zones = {zone: int(slot) for zone, slot in args["network_zones"].items()}
        raise_if_any(_problems(spec, zones, args["system"]))
        super().__init__("tripod:index:WorkerGroup", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        before = dependencies_of(opts)
        template = make_launch_template(
            scope,
            ["workers", spec.name],
            "workers",
            _machine(spec, args),
            private_interface(args["security_group_id"]),
        )
        groups = [
            _make_group(scope, spec, args["node_subnet_ids"][zone], zone, slot, template, before)
            for zone, slot in in_slot_order(zones)
            if zone in (spec.zones or zones)
        ]
        self.group_names = pulumi.Output.all(*(group.name for group in groups))
        self.register_outputs(annotated_outputs(self))


def _problems(spec: WorkerGroupSpec, zones: dict[str, int], system: str) -> Iterator[Problem]:
    for found in group_problems((spec,), zones, ()):
        yield Problem(found.path[1:], found.given, found.allowed, found.remedy)
    yield from system_problems(system)


def _machine(spec: WorkerGroupSpec, args: WorkerGroupArgs) -> Machine:
    return Machine(
        image=args["image"],
        system=cast("System", args["system"]),
        instance_type=spec.instance_types[0],
        profile=args["instance_profile"],
        root_volume=spec.root_volume,
        key_arn=args["storage_key_arn"],
        user_data=args["user_data"],
    )


def _make_group(
    scope: ChildFactory,
    spec: WorkerGroupSpec,
    subnet_id: pulumi.Input[str],
    zone: str,
    slot: int,
    template: aws.ec2.LaunchTemplate,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.autoscaling.Group:
    group = aws.autoscaling.Group(
        scope.child("group", slot),
        name=scope.physical("workers", spec.name, slot),
        vpc_zone_identifiers=[subnet_id],
        min_size=spec.min_per_zone,
        max_size=spec.max_per_zone,
        desired_capacity=spec.min_per_zone,
        health_check_type="EC2",
        suspended_processes=["AZRebalance"],
        capacity_rebalance=spec.spot is not None,
        wait_for_capacity_timeout="15m",
        tags=group_tags(
            {**scope.tags("workers", spec.name, zone, role="workers"), **autoscaler_tags(scope.cluster, spec)}
        ),
        # The autoscaler owns the number.
        opts=scope.opts(depends_on=before, ignore_changes=["desired_capacity"]),
        **_capacity(spec, template),
    )
    # A node that is to go says when it has drained.
    aws.autoscaling.LifecycleHook(
        scope.child("leave", slot),
        name="leave",
        autoscaling_group_name=group.name,
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        default_result="CONTINUE",
        heartbeat_timeout=LEAVE_SECONDS,
        opts=scope.opts(),
    )
    return group


def _capacity(spec: WorkerGroupSpec, template: aws.ec2.LaunchTemplate) -> dict[str, Any]:
    """What a group launches: one type on demand, or a mixture."""
    if len(spec.instance_types) == 1 and spec.spot is None:
        return {"launch_template": latest(template)}
    distribution: dict[str, Any] = {"on_demand_base_capacity": 0, "on_demand_percentage_above_base_capacity": 100}
    if spec.spot is not None:
        distribution = {
            "on_demand_base_capacity": spec.spot.on_demand_base,
            "on_demand_percentage_above_base_capacity": spec.spot.on_demand_percentage,
            "spot_allocation_strategy": "price-capacity-optimized",
        }
    return {
        "mixed_instances_policy": {
            "instances_distribution": {"on_demand_allocation_strategy": "prioritized", **distribution},
            "launch_template": {
                "launch_template_specification": {
                    "launch_template_id": template.id,
                    "version": template.latest_version.apply(str),
                },
                "overrides": [{"instance_type": name} for name in spec.instance_types],
            },
        }
    }


def autoscaler_tags(cluster: str, spec: WorkerGroupSpec) -> Mapping[str, str]:
    """Tags by which cluster-autoscaler finds a group and knows its nodes before there are any."""
    labels = {f"{AUTOSCALER_TAG}/node-template/label/{key}": value for key, value in spec.labels.items()}
    taints = {
        f"{AUTOSCALER_TAG}/node-template/taint/{taint.key}": f"{taint.value}:{taint.effect}" for taint in spec.taints
    }
    return {f"{AUTOSCALER_TAG}/enabled": "true", f"{AUTOSCALER_TAG}/{cluster}": "owned", **labels, **taints}
