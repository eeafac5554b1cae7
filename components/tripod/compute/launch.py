"""Launch templates: encrypted disks, no key pair, metadata version 2."""

from collections.abc import Mapping, Sequence
from typing import cast

import pulumi
import pulumi_aws as aws

from tripod.compute.spec import System, VolumeSpec
from tripod.core.component import ChildFactory, OwnedArgs

ROOT_DEVICE: Mapping[System, str] = {"ubuntu-24.04": "/dev/sda1", "debian-12": "/dev/xvda"}
"""The name of the root disk in the images of each system."""

RETRY_FAILED_LAUNCHES = True
"""ignore_failed_scaling_activities of every group. Otherwise one failed launch, such as InsufficientInstanceCapacity,
ends the wait for capacity with an error, though Auto Scaling tries again by itself (provider 5.100,
internal/service/autoscaling/group.go, statusGroupCapacity)."""

Interface = aws.ec2.LaunchTemplateNetworkInterfaceArgsDict


class InstanceArgs(OwnedArgs):
    """Arguments of every component that launches instances."""

    security_group_id: pulumi.Input[str]
    """The instances' security group."""
    instance_profile: pulumi.Input[str]
    """The instances' profile."""
    storage_key_arn: pulumi.Input[str]
    """The KMS key of their disks."""
    image: str
    """The image id (AMI) of the instances: ami-… or resolve:ssm:…"""
    system: str
    """Its operating system: ubuntu-24.04 or debian-12."""


def own_interface(network_interface_id: pulumi.Input[str]) -> Interface:
    """The interface of an instance that always has the same address."""
    return {"device_index": 0, "network_interface_id": network_interface_id}


def private_interface(security_group_id: pulumi.Input[str]) -> Interface:
    """The interface of an instance with an address of its subnet, and no public one."""
    return {
        "device_index": 0,
        "associate_public_ip_address": "false",
        "security_groups": [security_group_id],
        "delete_on_termination": "true",
    }


def make_launch_template(
    children: ChildFactory,
    parts: Sequence[str],
    args: InstanceArgs,
    instance_type: str,
    root_volume: VolumeSpec,
    user_data: pulumi.Input[str],
    interface: Interface,
) -> aws.ec2.LaunchTemplate:
    """Create the launch template of a group's instances.

    Args:
        children: the component's names and tags.
        parts: the template's name after the cluster's; the first part is the instances' role, in their tags.
        args: the component's arguments, whose system is a valid one.
        instance_type: the instances' type.
        root_volume: their disk.
        user_data: their user data, in base64.
        interface: own_interface or private_interface.
    """
    tags = children.tags(*parts, role=parts[0])
    tagged = ["instance", "volume"]
    if "network_interface_id" not in interface:
        tagged.append("network-interface")
    return aws.ec2.LaunchTemplate(
        children.logical_name("template"),
        name=children.physical_name(*parts, limit=128),
        image_id=args["image"],
        instance_type=instance_type,
        iam_instance_profile={"name": args["instance_profile"]},
        # Storage
        block_device_mappings=[_root_disk(args, root_volume)],
        # Network
        network_interfaces=[interface],
        # Pods are one hop further away than the instance: they get no answer.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "disabled",
        },
        # Boot
        user_data=user_data,
        update_default_version=True,
        # An auto-scaling group does not pass the provider's tags on to what it launches.
        tag_specifications=[{"resource_type": kind, "tags": tags} for kind in tagged],
        tags=tags,
        opts=children.opts(),
    )


def _root_disk(args: InstanceArgs, volume: VolumeSpec) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgsDict:
    return {
        "device_name": ROOT_DEVICE[cast("System", args["system"])],
        "ebs": {
            "volume_type": "gp3",
            "volume_size": volume.size_gib,
            "iops": volume.iops,
            "throughput": volume.throughput,
            "encrypted": "true",
            "kms_key_id": args["storage_key_arn"],
            "delete_on_termination": "true",
        },
    }


def latest(template: aws.ec2.LaunchTemplate) -> aws.autoscaling.GroupLaunchTemplateArgsDict:
    """Refer to a template's newest version by number, so that the preview of a group shows a change."""
    return {"id": template.id, "version": template.latest_version.apply(str)}


def group_tags(tags: Mapping[str, str]) -> list[pulumi.Input[aws.autoscaling.GroupTagArgsDict]]:
    """Tags of an auto-scaling group itself; its instances have theirs from the launch template."""
    return [{"key": key, "value": value, "propagate_at_launch": False} for key, value in sorted(tags.items())]
