"""The component EtcdGroup: etcd members whose address and data survive their instances."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.compute.launch import (
    RETRY_FAILED_LAUNCHES,
    InstanceArgs,
    group_tags,
    latest,
    make_launch_template,
    own_interface,
)
from tripod.compute.spec import system_problems
from tripod.core.component import ChildFactory, annotated_outputs, dependencies_of, recorded_inputs, spec_of
from tripod.core.naming import INCARNATION_TAG, MEMBER_TAG
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import EtcdSettings
from tripod.etcd.quorum import Placement, place_members, placement_problems, tolerates_zone_failure
from tripod.etcd.spec import EtcdSpec
from tripod.network.addresses import member_address
from tripod.network.ranges import parse_range


class EtcdGroupArgs(InstanceArgs, EtcdSettings):
    """Arguments of EtcdGroup."""

    zones: dict[str, int]
    """Zone → slot."""
    control_subnet_ids: dict[str, pulumi.Input[str]]
    """Zone → id of the control subnet."""
    control_subnet_ranges: dict[str, str]
    """Zone → range of the control subnet; a member's address is in its second /28."""
    incarnation: pulumi.Input[str]
    """The cluster incarnation, in every volume's tags."""
    user_data: dict[str, pulumi.Input[str]]
    """Member → user data of its instance, in base64."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete the volumes. Default: true."""


class EtcdGroup(pulumi.ComponentResource):
    """An etcd group: for each member one address, one volume and one auto-scaling group of size one.

    A failed instance is replaced in its zone, with the same address and volume. A destroy retains the volumes.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    addresses: pulumi.Output[dict[str, str]]
    """Member → address."""
    group_names: pulumi.Output[list[str]]
    """The auto-scaling groups."""
    volume_ids: pulumi.Output[list[str]]
    """The volumes, which a destroy retains."""
    tolerates_zone_failure: pulumi.Output[bool]
    """True if the members keep quorum after the loss of any one zone."""

    def __init__(self, name: str, args: EtcdGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(EtcdSpec, args, EtcdGroupArgs)
        zones = {zone: int(slot) for zone, slot in args["zones"].items()}
        raise_if_any(_problems(spec, zones, args["system"]))
        super().__init__("tripod:index:EtcdGroup", name, recorded_inputs(args), opts)
        places = place_members(spec.members, zones, spec.placement)
        ranges = {zone: parse_range(text) for zone, text in args["control_subnet_ranges"].items()}
        addresses = member_addresses(places, ranges)
        before = dependencies_of(opts)
        groups: list[aws.autoscaling.Group] = []
        volumes: list[aws.ebs.Volume] = []
        for place in places:
            children = ChildFactory(f"{name}-{place.key}", self, args["cluster_name"], args["tags"])
            interface = _make_interface(children, place, addresses[place.key], args, before)
            volume = _make_volume(children, place, spec, args)
            volumes.append(volume)
            groups.append(_make_member(children, place, spec, args, interface, [volume, *before]))
        self.addresses = pulumi.Output.from_input(addresses)
        self.group_names = pulumi.Output.all(*(group.name for group in groups))
        self.volume_ids = pulumi.Output.all(*(volume.id for volume in volumes))
        self.tolerates_zone_failure = pulumi.Output.from_input(tolerates_zone_failure([place.zone for place in places]))
        self.register_outputs(annotated_outputs(self))
        self._groups = [*groups]

    def groups(self) -> list[aws.autoscaling.Group]:
        """The auto-scaling groups, for resources that must depend on them."""
        return list(self._groups)


def _problems(spec: EtcdSpec, zones: Mapping[str, int], system: str) -> Iterator[Problem]:
    if spec.placement is not None:
        yield from placement_problems(spec.members, zones, spec.placement, ("placement",))
    yield from system_problems(system)


def member_addresses(places: Sequence[Placement], control_ranges: Mapping[str, IPv4Network]) -> dict[str, str]:
    """Compute the fixed address of each member.

    Args:
        places: the members' placements.
        control_ranges: zone → range of the control subnet.
    """
    return {place.key: str(member_address(control_ranges[place.zone], place.ordinal)) for place in places}


def _make_interface(
    children: ChildFactory,
    place: Placement,
    address: str,
    args: EtcdGroupArgs,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.ec2.NetworkInterface:
    """Create a member's network interface, whose address survives its instances."""
    return aws.ec2.NetworkInterface(
        children.logical_name("interface"),
        subnet_id=args["control_subnet_ids"][place.zone],
        private_ips=[address],
        security_groups=[args["security_group_id"]],
        description=f"{children.cluster} etcd {place.key}",
        tags=children.tags("etcd", place.key, role="etcd", **{MEMBER_TAG: place.key}),
        # Until the addresses are reserved, AWS may give one to a load balancer's interface.
        opts=children.opts(depends_on=list(before)),
    )


def _make_volume(children: ChildFactory, place: Placement, spec: EtcdSpec, args: EtcdGroupArgs) -> aws.ebs.Volume:
    """Create a member's data volume, which even a destroy retains."""
    owner = children.tags("etcd", place.key, "data", role="etcd", **{MEMBER_TAG: place.key})
    incarnation = pulumi.Output.from_input(args["incarnation"])
    return aws.ebs.Volume(
        children.logical_name("data"),
        availability_zone=place.zone,
        type="gp3",
        size=spec.volume.size_gib,
        iops=spec.volume.iops,
        throughput=spec.volume.throughput,
        encrypted=True,
        kms_key_id=args["storage_key_arn"],
        tags=incarnation.apply(lambda id_: {**owner, INCARNATION_TAG: id_}),
        opts=children.retained_opts(args.get("protect", True)),
    )


def _make_member(
    children: ChildFactory,
    place: Placement,
    spec: EtcdSpec,
    args: EtcdGroupArgs,
    interface: aws.ec2.NetworkInterface,
    before: Sequence[pulumi.Input[pulumi.Resource]],
) -> aws.autoscaling.Group:
    template = make_launch_template(
        children,
        ["etcd", place.key],
        args,
        spec.instance_type,
        spec.root_volume,
        args["user_data"][place.key],
        own_interface(interface.id),
    )
    # A given interface requires a group with a zone, no subnet and at most one instance.
    return aws.autoscaling.Group(
        children.logical_name("group"),
        name=children.physical_name("etcd", place.key),
        availability_zones=[place.zone],
        min_size=1,
        max_size=1,
        desired_capacity=1,
        launch_template=latest(template),
        # Not ELB: without quorum every check fails, and no instance must be replaced for that.
        health_check_type="EC2",
        suspended_processes=["AZRebalance"],
        wait_for_capacity_timeout="15m",
        ignore_failed_scaling_activities=RETRY_FAILED_LAUNCHES,
        tags=group_tags(children.tags("etcd", place.key, role="etcd", **{MEMBER_TAG: place.key})),
        opts=children.opts(depends_on=list(before)),
    )
