"""Ways to break control-plane nodes and workers."""

import base64

from support.account.rehearsed import Copy
from support.faults.finding import instance, name, retemplate, scaling, target_group, update_group
from support.faults.noting import breaks


@breaks("control-plane-zones", "a control-plane group may grow")
def growing_control_plane(copy: Copy) -> None:
    update_group(copy, "control-plane-0", MaxSize=3)


@breaks("workers-zones", "workers are kept in one zone alone")
def workers_of_one_zone(copy: Copy) -> None:
    for slot in (1, 2):
        update_group(copy, f"workers-general-{slot}", MinSize=0, DesiredCapacity=0)


@breaks("autoscaler-groups", "the autoscaler is shown the members")
def scale_members(copy: Copy) -> None:
    tag = {
        "ResourceId": name(copy, "etcd-0-0"),
        "ResourceType": "auto-scaling-group",
        "Key": "k8s.io/cluster-autoscaler/enabled",
        "Value": "true",
        "PropagateAtLaunch": False,
    }
    scaling(copy).create_or_update_tags(Tags=[tag])


@breaks("autoscaler-groups", "the autoscaler no longer finds a group of workers")
def hide_workers(copy: Copy) -> None:
    tag = {
        "ResourceId": name(copy, "workers-general-0"),
        "ResourceType": "auto-scaling-group",
        "Key": f"k8s.io/cluster-autoscaler/{copy.cluster}",
    }
    scaling(copy).delete_tags(Tags=[tag])


@breaks("workers-leave", "a group of workers loses its hook")
def no_hook(copy: Copy) -> None:
    scaling(copy).delete_lifecycle_hook(LifecycleHookName="leave", AutoScalingGroupName=name(copy, "workers-general-0"))


@breaks("metadata-v2", "an instance answers metadata of version 1")
def metadata_v1(copy: Copy) -> None:
    found = instance(copy, "workers")["InstanceId"]
    copy.ec2.modify_instance_metadata_options(InstanceId=found, HttpTokens="optional")


@breaks("metadata-v2", "a template lets pods reach metadata")
def two_hops(copy: Copy) -> None:
    options = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"}
    retemplate(copy, name(copy, "control-plane-0"), {"MetadataOptions": options})


@breaks("no-secrets-in-user-data", "a key is put into user data")
def key_in_user_data(copy: Copy) -> None:
    text = base64.b64encode(b"-----BEGIN EC PRIVATE KEY-----").decode()
    retemplate(copy, name(copy, "control-plane-0"), {"UserData": text})


@breaks("control-plane-zones", "a control-plane group is short of its node")
def short_control_plane(copy: Copy) -> None:
    groups = [name(copy, "control-plane-0")]
    (found,) = scaling(copy).describe_auto_scaling_groups(AutoScalingGroupNames=groups)["AutoScalingGroups"]
    update_group(copy, "control-plane-0", MinSize=0, DesiredCapacity=0)
    # As AWS does with what a group gives up; moto forgets it.
    targets = [{"Id": one["InstanceId"]} for one in found["Instances"]]
    copy.client("elbv2").deregister_targets(TargetGroupArn=target_group(copy), Targets=targets)


@breaks("images-launchable", "the image of the workers is withdrawn")
def withdrawn_image(copy: Copy) -> None:
    copy.ec2.deregister_image(ImageId=instance(copy, "workers")["ImageId"])
