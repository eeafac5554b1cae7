"""Launch templates: encrypted disks, no key pair, metadata version 2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from tripod.compute.spec import System, VolumeSpec
from tripod.core.component import ChildFactory

ROOT_DEVICE: Mapping[System, str] = {"ubuntu-24.04": "/dev/sda1", "debian-12": "/dev/xvda"}
"""The name of the root disk in the images of each system."""


Interface = aws.ec2.LaunchTemplateNetworkInterfaceArgsDict


@dataclass(frozen=True)
class Machine:
    """Settings of an instance in a launch template.

    Attributes:
        image: ami-… or resolve:ssm:…
        system: the operating system in it.
        instance_type: its type.
        profile: its instance profile's name.
        root_volume: its disk.
        key_arn: the KMS key of the disk.
        user_data: its user data, in base64.
    """

    image: str
    system: System
    instance_type: str
    profile: pulumi.Input[str]
    root_volume: VolumeSpec
    key_arn: pulumi.Input[str]
    user_data: pulumi.Input[str]


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
    children: ChildFactory, parts: Sequence[str], role: str, machine: Machine, interface: Interface
) -> aws.ec2.LaunchTemplate:
    """A launch template.

    Args:
        children: the component's names and tags.
        parts: its name after the component's or the cluster's.
        role: the instances' role, in their tags.
        machine: their settings.
        interface: own_interface or private_interface.
    """
    tags = children.tags(*parts, role=role)
    tagged = ["instance", "volume"]
    if "network_interface_id" not in interface:
        tagged.append("network-interface")
    return aws.ec2.LaunchTemplate(
        children.child("template"),
        name=children.physical(*parts, limit=128),
        image_id=machine.image,
        instance_type=machine.instance_type,
        iam_instance_profile={"name": machine.profile},
        # Storage
        block_device_mappings=[_root_disk(machine)],
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
        user_data=machine.user_data,
        update_default_version=True,
        # An auto-scaling group does not pass the provider's tags on to what it launches.
        tag_specifications=[{"resource_type": kind, "tags": tags} for kind in tagged],
        tags=tags,
        opts=children.opts(),
    )


def _root_disk(machine: Machine) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgsDict:
    return {
        "device_name": ROOT_DEVICE[machine.system],
        "ebs": {
            "volume_type": "gp3",
            "volume_size": machine.root_volume.size_gib,
            "iops": machine.root_volume.iops,
            "throughput": machine.root_volume.throughput,
            "encrypted": "true",
            "kms_key_id": machine.key_arn,
            "delete_on_termination": "true",
        },
    }


def latest(template: aws.ec2.LaunchTemplate) -> aws.autoscaling.GroupLaunchTemplateArgsDict:
    """A group's reference to a template: its newest version by number, so that the preview shows a change."""
    return {"id": template.id, "version": template.latest_version.apply(str)}


def group_tags(tags: Mapping[str, str]) -> list[pulumi.Input[aws.autoscaling.GroupTagArgsDict]]:
    """Tags of an auto-scaling group itself; its instances have theirs from the launch template."""
    return [{"key": key, "value": value, "propagate_at_launch": False} for key, value in sorted(tags.items())]
