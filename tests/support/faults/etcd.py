"""Ways to break etcd."""

from support.account.rehearsed import Copy
from support.faults.finding import data_volume, instance, name, plain_tags, retemplate, scaling, subnet, update_group
from support.faults.noting import breaks


@breaks("etcd-members", "a member's group may hold two")
def group_of_two(copy: Copy) -> None:
    update_group(copy, "etcd-0-0", MaxSize=2)


@breaks("etcd-quorum", "two members stand in one zone")
def crowd_zone(copy: Copy) -> None:
    group = name(copy, "etcd-1-0")
    crowded = instance(copy, "etcd")["Placement"]["AvailabilityZone"]
    made = copy.ec2.run_instances(
        ImageId="ami-0123456789abcdef0",
        InstanceType="m7g.medium",
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": crowded},
        SubnetId=subnet(copy, "control")["SubnetId"],
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        TagSpecifications=[{"ResourceType": "instance", "Tags": plain_tags(copy)}],
    )["Instances"][0]["InstanceId"]
    found = scaling(copy).describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    old = found["Instances"][0]["InstanceId"]
    update_group(copy, "etcd-1-0", MinSize=0, MaxSize=2)
    scaling(copy).detach_instances(AutoScalingGroupName=group, InstanceIds=[old], ShouldDecrementDesiredCapacity=True)
    scaling(copy).attach_instances(AutoScalingGroupName=group, InstanceIds=[made])
    update_group(copy, "etcd-1-0", MinSize=1, MaxSize=1)


@breaks("etcd-addresses", "a member's template names another interface")
def other_interface(copy: Copy) -> None:
    tags = [{"Key": f"kubernetes.io/cluster/{copy.cluster}", "Value": "owned"}]
    made = copy.ec2.create_network_interface(
        SubnetId=subnet(copy, "control")["SubnetId"],
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}],
    )["NetworkInterface"]["NetworkInterfaceId"]
    retemplate(copy, name(copy, "etcd-0-0"), {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": made}]})


@breaks("etcd-volumes", "a member's volume is deleted")
def delete_volume(copy: Copy) -> None:
    copy.ec2.delete_volume(VolumeId=data_volume(copy)["VolumeId"])


@breaks("etcd-volumes", "a member has a second volume")
def second_volume(copy: Copy) -> None:
    first = data_volume(copy)
    copy.ec2.create_volume(
        AvailabilityZone=first["AvailabilityZone"],
        Size=20,
        Encrypted=True,
        KmsKeyId=first["KmsKeyId"],
        TagSpecifications=[{"ResourceType": "volume", "Tags": first["Tags"]}],
    )


@breaks("etcd-self-healing", "a group replaces what the load balancer finds unhealthy")
def replace_the_unhealthy(copy: Copy) -> None:
    update_group(copy, "control-plane-0", HealthCheckType="ELB", HealthCheckGracePeriod=300)


@breaks("data-outlives-instances", "a member's volume goes with its instance")
def tie_volume(copy: Copy) -> None:
    volume, member = data_volume(copy)["VolumeId"], instance(copy, "etcd")["InstanceId"]
    copy.ec2.attach_volume(VolumeId=volume, InstanceId=member, Device="/dev/sdf")
    copy.ec2.modify_instance_attribute(
        InstanceId=member, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}}]
    )


@breaks("etcd-members", "two members are gone and nothing takes their place")
def lose_quorum(copy: Copy) -> None:
    for member in ("etcd-0-0", "etcd-1-0"):
        update_group(copy, member, MinSize=0, DesiredCapacity=0)
