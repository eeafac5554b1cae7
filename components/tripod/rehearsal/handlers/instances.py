"""Launch templates, auto-scaling groups, and the instances that they launch."""

from collections.abc import Mapping
from typing import Any

from tripod.naming import REHEARSED_TAG
from tripod.rehearsal.handlers.context import Context, Created, Handler, ec2_arn, tagged
from tripod.rehearsal.inputs import Inputs, pascal, tag_list

_TEMPLATE_NUMBERS = ("Iops", "VolumeSize", "Throughput")


def _launch_template(context: Context, inputs: Inputs) -> Created:
    data = {
        **inputs.given("imageId", "instanceType", "userData", "metadataOptions", "iamInstanceProfile"),
        "BlockDeviceMappings": [_disk(disk) for disk in inputs.need("blockDeviceMappings")],
        "NetworkInterfaces": [_interface(interface) for interface in inputs.need("networkInterfaces")],
        "TagSpecifications": [
            {"ResourceType": given["resourceType"], "Tags": tag_list(given["tags"])}
            for given in inputs.need("tagSpecifications")
        ],
    }
    # A new template's first version is its default.
    inputs.take("updateDefaultVersion")
    made = context.ec2.create_launch_template(
        LaunchTemplateName=inputs.need("name"), LaunchTemplateData=data, **tagged("launch-template", inputs)
    )["LaunchTemplate"]
    id_ = made["LaunchTemplateId"]
    return id_, {"latestVersion": made["LatestVersionNumber"], "arn": ec2_arn(context, "launch-template", id_)}


def _disk(disk: Mapping[str, Any]) -> dict[str, Any]:
    ebs = pascal(disk["ebs"])
    for flag in ("Encrypted", "DeleteOnTermination"):
        ebs[flag] = ebs[flag] == "true"
    return {"DeviceName": disk["deviceName"], "Ebs": ebs}


def _interface(interface: Mapping[str, Any]) -> dict[str, Any]:
    given = pascal(interface)
    if "SecurityGroups" in given:
        given["Groups"] = given.pop("SecurityGroups")
    for flag in ("AssociatePublicIpAddress", "DeleteOnTermination"):
        if flag in given:
            given[flag] = given[flag] == "true"
    return given


def _group(context: Context, inputs: Inputs) -> Created:
    """A group without instances, then its instances, which carry what its template says, then its size."""
    scaling, name = context.client("autoscaling"), inputs.need("name")
    tags = [
        {
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "Key": tag["key"],
            "Value": tag["value"],
            "PropagateAtLaunch": tag["propagateAtLaunch"],
        }
        for tag in inputs.need("tags")
    ]
    template, capacity = _capacity(inputs)
    subnets = inputs.take("vpcZoneIdentifiers", [])
    smallest, wanted = inputs.need("minSize"), inputs.need("desiredCapacity")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=inputs.need("maxSize"),
        DesiredCapacity=0,
        HealthCheckType=inputs.need("healthCheckType"),
        CapacityRebalance=bool(inputs.take("capacityRebalance", False)),
        TargetGroupARNs=inputs.take("targetGroupArns", []),
        Tags=tags,
        **inputs.given("availabilityZones"),
        **({"VPCZoneIdentifier": ",".join(subnets)} if subnets else {}),
        **capacity,
    )
    suspended = inputs.take("suspendedProcesses")
    if suspended:
        scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=suspended)
    # How long the engine waits for capacity is its own affair.
    for waiting in ("waitForCapacityTimeout", "waitForElbCapacity"):
        inputs.take(waiting)
    zone = _zone(context, inputs.take("availabilityZones"), subnets)
    instances = [launch(context, template, zone, subnets[0] if subnets else None) for _ in range(wanted)]
    if instances:
        scaling.attach_instances(AutoScalingGroupName=name, InstanceIds=instances)
    # moto forgets a mixture that an update does not repeat.
    scaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=smallest, **capacity)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return name, {"arn": found["AutoScalingGroupARN"]}


def _zone(context: Context, zones: list[str] | None, subnets: list[str]) -> str:
    """The one zone of a group: every group of ours has one."""
    if zones:
        return zones[0]
    found = context.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
    return found[0]["AvailabilityZone"]


def _capacity(inputs: Inputs) -> tuple[dict[str, str], dict[str, Any]]:
    """A group's template, and how the API wants to be told of it."""
    single = inputs.take("launchTemplate")
    if single:
        reference = {"LaunchTemplateId": single["id"], "Version": str(single["version"])}
        return reference, {"LaunchTemplate": reference}
    policy = inputs.need("mixedInstancesPolicy")
    specification = policy["launchTemplate"]["launchTemplateSpecification"]
    reference = {"LaunchTemplateId": specification["launchTemplateId"], "Version": str(specification["version"])}
    overrides = pascal(policy["launchTemplate"]["overrides"])
    mixed = {
        "LaunchTemplate": {"LaunchTemplateSpecification": reference, "Overrides": overrides},
        "InstancesDistribution": pascal(policy["instancesDistribution"]),
    }
    return reference, {"MixedInstancesPolicy": mixed}


def launch(context: Context, template: Mapping[str, str], zone: str, subnet: str | None) -> str:
    """Launch one instance as its template says, and return its id.

    The emulator's own groups forget a template's interface, metadata options and disk encryption; here is the
    one place where instances of a rehearsal come from.
    """
    versions = context.ec2.describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
    )["LaunchTemplateVersions"]
    data: dict[str, Any] = versions[0]["LaunchTemplateData"]
    interfaces = [
        interface if "NetworkInterfaceId" in interface or subnet is None else {**interface, "SubnetId": subnet}
        for interface in data["NetworkInterfaces"]
    ]
    run: dict[str, Any] = {
        "ImageId": _image(context, data["ImageId"]),
        "InstanceType": data["InstanceType"],
        "UserData": data["UserData"],
        "IamInstanceProfile": data["IamInstanceProfile"],
        "MetadataOptions": data["MetadataOptions"],
        "BlockDeviceMappings": [
            {**disk, "Ebs": {key: _number(key, value) for key, value in disk["Ebs"].items()}}
            for disk in data["BlockDeviceMappings"]
        ],
        "NetworkInterfaces": interfaces,
        "Placement": {"AvailabilityZone": zone},
        "TagSpecifications": [
            {**specification, "Tags": [*specification["Tags"], {"Key": REHEARSED_TAG, "Value": "true"}]}
            for specification in data["TagSpecifications"]
            if specification["ResourceType"] != "network-interface"
        ],
    }
    made = context.ec2.run_instances(MinCount=1, MaxCount=1, **run)["Instances"][0]
    return made["InstanceId"]


def _number(key: str, value: Any) -> Any:
    return int(value) if key in _TEMPLATE_NUMBERS else value


def _image(context: Context, image: str) -> str:
    """An image's id; the emulator does not look parameters up, nor does it know what Canonical publishes."""
    if not image.startswith("resolve:ssm:"):
        return image
    names = [image.removeprefix("resolve:ssm:")]
    found = context.client("ssm").get_parameters(Names=names)["Parameters"]
    return found[0]["Value"] if found else "ami-00000000000000000"


def _lifecycle_hook(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("name")
    context.client("autoscaling").put_lifecycle_hook(
        LifecycleHookName=name,
        AutoScalingGroupName=inputs.need("autoscalingGroupName"),
        LifecycleTransition=inputs.need("lifecycleTransition"),
        DefaultResult=inputs.need("defaultResult"),
        HeartbeatTimeout=inputs.need("heartbeatTimeout"),
    )
    return name, {}


HANDLERS: dict[str, Handler] = {
    "aws:ec2/launchTemplate:LaunchTemplate": _launch_template,
    "aws:autoscaling/group:Group": _group,
    "aws:autoscaling/lifecycleHook:LifecycleHook": _lifecycle_hook,
}
