"""Launch templates, auto-scaling groups, and the instances that they launch."""

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.handlers.context import Context, Created, Handler, ec2_arn, tagged
from tripod.rehearsal.inputs import Inputs, pascal, tag_list


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


def _disk(disk: JsonMapping) -> JsonObject:
    ebs = pascal(disk["ebs"])
    for flag in ("Encrypted", "DeleteOnTermination"):
        ebs[flag] = ebs[flag] == "true"
    return {"DeviceName": disk["deviceName"], "Ebs": ebs}


def _interface(interface: JsonMapping) -> JsonObject:
    given = pascal(interface)
    if "SecurityGroups" in given:
        given["Groups"] = given.pop("SecurityGroups")
    for flag in ("AssociatePublicIpAddress", "DeleteOnTermination"):
        if flag in given:
            given[flag] = given[flag] == "true"
    return given


def _group(context: Context, inputs: Inputs) -> Created:
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
    subnets = inputs.take("vpcZoneIdentifiers", [])
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        CapacityRebalance=bool(inputs.take("capacityRebalance", False)),
        TargetGroupARNs=inputs.take("targetGroupArns", []),
        Tags=tags,
        **inputs.given("minSize", "maxSize", "desiredCapacity", "healthCheckType", "availabilityZones"),
        **({"VPCZoneIdentifier": ",".join(subnets)} if subnets else {}),
        **_capacity(inputs),
    )
    suspended = inputs.take("suspendedProcesses")
    if suspended:
        scaling.suspend_processes(AutoScalingGroupName=name, ScalingProcesses=suspended)
    # How long the engine waits for capacity is its own affair.
    for waiting in ("waitForCapacityTimeout", "waitForElbCapacity", "ignoreFailedScalingActivities"):
        inputs.take(waiting)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]
    return name, {"arn": found["AutoScalingGroupARN"]}


def _capacity(inputs: Inputs) -> JsonObject:
    """Launch template, or mixed instances policy, as the API takes it."""
    single = inputs.take("launchTemplate")
    if single:
        return {"LaunchTemplate": {"LaunchTemplateId": single["id"], "Version": str(single["version"])}}
    policy = inputs.need("mixedInstancesPolicy")
    specification = policy["launchTemplate"]["launchTemplateSpecification"]
    reference = {"LaunchTemplateId": specification["launchTemplateId"], "Version": str(specification["version"])}
    overrides = pascal(policy["launchTemplate"]["overrides"])
    return {
        "MixedInstancesPolicy": {
            "LaunchTemplate": {"LaunchTemplateSpecification": reference, "Overrides": overrides},
            "InstancesDistribution": pascal(policy["instancesDistribution"]),
        }
    }


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
