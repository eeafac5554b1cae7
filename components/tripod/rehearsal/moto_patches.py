"""Patches of moto (5.2), where it differs from AWS in a way that a cluster would notice.

Each patch replaces one method of moto by one that does what AWS does. They are applied once, when an emulator starts,
for all its clients: a rehearsal, the engine, or a test.
"""

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from tripod.core.json_types import JsonObject

Moto = Any
"""An object of moto, or an argument of its methods: it has no types."""

Method = Callable[..., Moto]


@cache
def patch_moto() -> None:
    """Apply every patch."""
    for patch in (
        _let_loopback_stand_for_tls,
        _make_zones_of_vpcs_private,
        _change_records_as_a_whole,
        _keep_templates_own_tags_apart,
        _invent_no_hook_targets,
        _launch_what_templates_say,
        _let_interfaces_outlive_instances,
        _let_delete_markers_go,
        _remember_descriptions,
        _keep_labels_of_secrets,
        _describe_distributions_as_they_are,
        _publish_images,
    ):
        patch()


def _replace(owner: Moto, replacement: Method) -> None:
    """Replace the method that a replacement is named after; calls pass that method on, as the first argument."""
    before = getattr(owner, replacement.__name__)

    @wraps(before)
    def replaced(*arguments: Moto, **named: Moto) -> Moto:
        return replacement(before, *arguments, **named)

    setattr(owner, replacement.__name__, replaced)


def _let_loopback_stand_for_tls() -> None:
    """Moto takes every condition that it cannot verify for a denial: a bucket that demands TLS could not be used."""
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult  # noqa: PLC0415

    def is_action_permitted(before: Method, statement: Moto, *arguments: Moto, **named: Moto) -> Moto:
        document = statement._statement
        if document["Effect"] == "Deny" and "aws:SecureTransport" in document.get("Condition", {}).get("Bool", {}):
            return PermissionResult.NEUTRAL
        return before(statement, *arguments, **named)

    _replace(IAMPolicyStatement, is_action_permitted)


def _make_zones_of_vpcs_private() -> None:
    """A zone that is created with a VPC is private; moto demands a flag besides."""
    from moto.route53.responses import Route53  # noqa: PLC0415

    def create_hosted_zone(before: Method, response: Moto) -> Moto:
        read = response._get_bool_param

        def get_bool_param(name: str, default: bool | None = None) -> Moto:
            with_vpc = response._get_param("VPC.VPCId") is not None
            return True if name == "HostedZoneConfig.PrivateZone" and with_vpc else read(name, default)

        response._get_bool_param = get_bool_param
        return before(response)

    _replace(Route53, create_hosted_zone)


def _change_records_as_a_whole() -> None:
    """A batch of changes is made as a whole or not at all; moto applies a part of it, and confuses records."""
    from moto.route53.models import Route53Backend  # noqa: PLC0415

    from tripod.rehearsal.moto_route53 import change_records  # noqa: PLC0415

    def change_resource_record_sets(_before: Method, backend: Moto, zoneid: str, change_list: list[JsonObject]) -> None:
        change_records(backend.get_hosted_zone(zoneid), change_list)

    _replace(Route53Backend, change_resource_record_sets)


def _keep_templates_own_tags_apart() -> None:
    """Tags of a launch template itself are none of what it launches; moto adds them to its data."""
    from moto.ec2.models import EC2Backend  # noqa: PLC0415

    def create_launch_template(
        before: Method, backend: Moto, name: Moto, description: Moto, data: JsonObject, tags: Moto
    ) -> Moto:
        specifications = data.get("TagSpecifications", [])
        data["TagSpecifications"] = [one for one in specifications if one["ResourceType"] != "launch-template"]
        return before(backend, name, description, data, tags)

    _replace(EC2Backend, create_launch_template)


def _invent_no_hook_targets() -> None:
    """A lifecycle hook without a target sends no notification; moto invents a queue and a role."""
    from moto.autoscaling.models import LifecycleHook  # noqa: PLC0415

    def __init__(before: Method, hook: Moto, *arguments: Moto, **named: Moto) -> None:  # noqa: N807
        before(hook, *arguments, **named)
        hook.role_arn = hook.notification_target_arn = None

    _replace(LifecycleHook, __init__)


def _launch_what_templates_say() -> None:
    """An auto-scaling group's instances have their template's interface, metadata options, disks and tags.

    moto's have none of them. This is the one place where instances of the emulated AWS come from.
    """
    from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState  # noqa: PLC0415

    def replace_autoscaling_group_instances(
        before: Method, group: Moto, count_needed: int, propagated: dict[str, str]
    ) -> None:
        if group.ec2_launch_template is None:
            before(group, count_needed, propagated)
            return
        tags = {**propagated, **group.instance_tags, ASG_NAME_TAG: group.name}
        for _ in range(count_needed):
            instance = _launch(group, tags)
            instance.autoscaling_group = group
            protected = group.new_instances_protected_from_scale_in
            group.instance_states.append(InstanceState(instance, protected_from_scale_in=protected))
        backend = group.autoscaling_backend
        if group.name in backend.autoscaling_groups:
            # moto registers what a new group launches with its target groups, not what takes its place.
            backend.update_attached_target_groups(group.name)

    _replace(FakeAutoScalingGroup, replace_autoscaling_group_instances)


def _launch(group: Moto, group_tags: dict[str, str]) -> Moto:
    """One instance of a group, as its template says."""
    ec2 = group.autoscaling_backend.ec2_backend
    data: JsonObject = group.ec2_launch_template.get_version(group.launch_template_version).data
    subnet = group.vpc_zone_identifier.split(",")[0] if group.vpc_zone_identifier else None
    specified = {one["ResourceType"]: one["Tags"] for one in data.get("TagSpecifications", [])}
    tags = {kind: {tag["Key"]: tag["Value"] for tag in listed} for kind, listed in specified.items()}
    profile = data.get("IamInstanceProfile", {}).get("Name")
    made = ec2.run_instances(
        data["ImageId"],
        1,
        data.get("UserData"),
        [],
        instance_type=data["InstanceType"],
        is_instance_type_default=False,
        key_name=data.get("KeyName"),
        region_name=ec2.region_name,
        placement=group.availability_zones[0],
        # An interface that exists brings its subnet; another gets the group's.
        nics=[
            dict(nic) if "NetworkInterfaceId" in nic or subnet is None else {**nic, "SubnetId": subnet}
            for nic in data.get("NetworkInterfaces", [])
        ],
        associate_public_ip=False,
        metadata_options=data.get("MetadataOptions", {}),
        block_device_mappings=[_mapping(disk) for disk in data.get("BlockDeviceMappings", [])],
        tags={**tags, "instance": {**tags.get("instance", {}), **group_tags}},
    ).instances[0]
    if profile:
        ec2.associate_iam_instance_profile(instance_id=made.id, iam_instance_profile_name=profile)
    made.placement.zone = group.availability_zones[0]
    return made


def _mapping(disk: JsonObject) -> JsonObject:
    """A disk as moto's instances take it: with every key."""
    ebs = disk["Ebs"]
    keys = ("SnapshotId", "VolumeSize", "VolumeType", "Iops", "KmsKeyId")
    flags = ("DeleteOnTermination", "Encrypted")
    return {
        "VirtualName": None,
        "DeviceName": disk["DeviceName"],
        "NoDevice": None,
        "Ebs": {**{key: ebs.get(key) for key in keys}, **{flag: bool(ebs.get(flag)) for flag in flags}},
    }


def _let_interfaces_outlive_instances() -> None:
    """An interface that is not deleted with its instance is free again; moto keeps it attached to the terminated."""
    from moto.ec2.models.instances import Instance  # noqa: PLC0415

    def terminate(before: Method, instance: Moto) -> Moto:
        state = before(instance)
        interfaces = dict(instance.nics)
        for interface in interfaces.values():
            if not interface.delete_on_termination:
                instance.detach_eni(interface)
        # DescribeInstances reads a terminated instance's address there.
        instance.nics = interfaces
        return state

    _replace(Instance, terminate)


def _let_delete_markers_go() -> None:
    """A bucket that is no longer versioned can be emptied of delete markers; moto answers 500."""
    from moto.s3.models import FakeDeleteMarker  # noqa: PLC0415

    def dispose(marker: Moto) -> None:
        del marker

    mended: Moto = FakeDeleteMarker
    mended.dispose = dispose


def _remember_descriptions() -> None:
    """A rule between security groups has its description; moto forgets it."""
    from moto.ec2.models.security_groups import SecurityGroupRule  # noqa: PLC0415

    def description(rule: Moto) -> str | None:
        return rule.ip_range.get("Description") or rule.source_group.get("Description")

    mended: Moto = SecurityGroupRule
    mended.description = property(description)


def _keep_labels_of_secrets() -> None:
    """A version of a secret keeps its own labels when it is no longer the current one; moto drops them."""
    from moto.secretsmanager.models import FakeSecret  # noqa: PLC0415

    def reset_default_version(before: Method, secret: Moto, *arguments: Moto, **named: Moto) -> None:
        current: dict[str, list[str]] = secret.versions.get(secret.default_version_id) or {"version_stages": []}
        own = [label for label in current["version_stages"] if not label.startswith("AWS")]
        before(secret, *arguments, **named)
        current["version_stages"] += [label for label in own if label not in current["version_stages"]]

    _replace(FakeSecret, reset_default_version)


def _describe_distributions_as_they_are() -> None:
    """An origin has its access control, which moto forgets; AWS' own certificate has no ids, which moto invents."""
    from moto.cloudfront.models import Origin, ViewerCertificate  # noqa: PLC0415

    def __init__(before: Method, described: Moto, given: JsonObject) -> None:  # noqa: N807
        before(described, given)
        if "DomainName" in given:
            described.origin_access_control_id = given.get("OriginAccessControlId", "")
        elif described.cloud_front_default_certificate:
            described.iam_certificate_id = described.acm_certificate_arn = None
            described.ssl_support_method = "vip"

    _replace(Origin, __init__)
    _replace(ViewerCertificate, __init__)


_PUBLISHED = "/aws/service/canonical/"
_CANONICAL = "099720109477"


def _publish_images() -> None:
    """Images that launch templates name exist, and Canonical's parameters name images; moto has neither."""
    from moto.core.utils import utcnow  # noqa: PLC0415
    from moto.ec2.models.amis import Ami  # noqa: PLC0415
    from moto.ec2.models.launch_templates import LaunchTemplate  # noqa: PLC0415
    from moto.ssm.models import Parameter, SimpleSystemManagerBackend  # noqa: PLC0415

    def create_version(before: Method, template: Moto, data: JsonObject, description: Moto) -> Moto:
        name: str = data.get("ImageId") or ""
        image = _published_image(name.removeprefix("resolve:ssm:"))
        backend = template.ec2_backend
        if name and image not in backend.amis and image not in backend.deleted_amis:
            backend.amis[image] = Ami(backend, image, name=name, owner_id=_CANONICAL, public=True)
        return before(template, data, description)

    def get_parameter(before: Method, backend: Moto, name: str) -> Moto:
        found = before(backend, name)
        if found is None and name.startswith(_PUBLISHED):
            value = _published_image(name)
            return Parameter(_CANONICAL, name, value, "String", None, None, None, utcnow(), 1, "aws:ec2:image")
        return found

    _replace(LaunchTemplate, create_version)
    _replace(SimpleSystemManagerBackend, get_parameter)


def _published_image(name: str) -> str:
    """The id of an image by its id, or by its parameter."""
    return name if name.startswith("ami-") else f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
