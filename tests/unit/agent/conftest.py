"""An emulated account with what a cluster has in it."""

import json
from collections.abc import Generator

import boto3
import pytest

from support.agent import kubernetes_nodes
from support.agent.instance import (
    PAYLOAD_BUCKET,
    REGION,
    SESSION,
    SNAPSHOT_BUCKET,
    ZONE,
    aws,
    emulated,
    image,
    put_topology,
)
from tripod.bootstrap.agent.etcd import member as etcd_member
from tripod.bootstrap.agent.etcd import restore as etcd_restore
from tripod.bootstrap.agent.instance.context import Agent
from tripod.bootstrap.agent.workers.termination import HOOK
from tripod.workers.group import DRAIN_HEARTBEAT_SECONDS


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """An emulated account with the cluster's buckets and its topology, whatever this machine is logged in to."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with emulated():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        for bucket in (PAYLOAD_BUCKET, SNAPSHOT_BUCKET):
            aws("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology()
        yield


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch) -> None:
    """The member's volume is attached."""

    def device(_: Agent) -> str:
        return "/dev/nvme1n1"

    for module in (etcd_member, etcd_restore):
        monkeypatch.setattr(module, "attach_volume", device)


@pytest.fixture
def cluster(account: None) -> kubernetes_nodes.Secrets:
    """The cluster's secrets and its key in the account."""
    made = kubernetes_nodes.make_secrets()
    for name, value in made.values.items():
        aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").create_alias(AliasName=kubernetes_nodes.SECRETS_KEY, TargetKeyId=key)
    return made


@pytest.fixture
def in_group(account: None) -> str:
    """The worker's instance, in its group, with its hook."""
    template = aws("ec2").create_launch_template(
        LaunchTemplateName="t", LaunchTemplateData={"ImageId": image(), "InstanceType": "m7g.large"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=kubernetes_nodes.GROUP,
        LaunchTemplate={"LaunchTemplateId": template},
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=[ZONE],
    )
    aws("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=kubernetes_nodes.GROUP,
        LifecycleHookName=HOOK,
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=DRAIN_HEARTBEAT_SECONDS,
    )
    (group,) = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["Instances"][0]["InstanceId"]
