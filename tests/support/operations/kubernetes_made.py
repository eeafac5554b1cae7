"""What Kubernetes' controllers make in AWS, made by hand; and nodes whose API knows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.account.rehearsed import Copy
from support.add_ons.external_dns import ELSEWHERE, written
from support.operations.answering_agents import AnsweringAgents
from tripod.operations.remote import RemoteError


@dataclass
class Agents(AnsweringAgents):
    """Control-plane nodes whose API knows what the controllers made, and has them let go of it.

    Attributes:
        copy: the account.
        held: what the API says; None where no API server answers.
        released: what the cluster was told to let go of.
    """

    copy: Copy
    held: dict[str, list[str]] | None
    released: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.held is None:
            raise RemoteError(f"{instance} is silent")
        if command == "release":
            self.released.append(dict(arguments))
            return {"left": ""}
        return self.held


@dataclass(frozen=True)
class Controllers:
    """What Kubernetes' controllers make in AWS, for a cluster or, with other tags, for another one."""

    copy: Copy
    tags: Mapping[str, str]

    @property
    def listed(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def specified(self, kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": self.listed}]

    def load_balancer(self, name: str, subnet: str, vpc: str) -> list[str]:
        """A load balancer with its target group and its security group, from whose rules nodes let it in."""
        group = self.copy.ec2.create_security_group(
            GroupName=f"k8s-elb-{name}",
            Description="for a Service",
            VpcId=vpc,
            TagSpecifications=self.specified("security-group"),
        )["GroupId"]
        elb = self.copy.client("elbv2")
        balancer = elb.create_load_balancer(
            Name=name, Type="network", Subnets=[subnet], SecurityGroups=[group], Tags=self.listed
        )["LoadBalancers"][0]["LoadBalancerArn"]
        targets = elb.create_target_group(
            Name=name, Protocol="TCP", Port=443, VpcId=vpc, TargetType="instance", Tags=self.listed
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol="TCP",
            Port=443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
        )
        return [balancer, targets, group]

    def volume(self) -> str:
        return self.copy.ec2.create_volume(
            AvailabilityZone="us-west-2a", Size=8, TagSpecifications=self.specified("volume")
        )["VolumeId"]

    def snapshot(self, volume: str) -> str:
        """A snapshot as the EBS CSI driver tags it (pkg/driver/controller.go, CreateSnapshot)."""
        (cluster,) = [key.removeprefix("kubernetes.io/cluster/") for key in self.tags if "/cluster/" in key] or [""]
        tags = {
            **self.tags,
            "CSIVolumeSnapshotName": "snapshot-1",
            "ebs.csi.aws.com/cluster": "true",
            "Name": f"{cluster}-dynamic-snapshot-1",
            "cluster": cluster,
        }
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return self.copy.ec2.create_snapshot(
            VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": listed}]
        )["SnapshotId"]


def sign(copy: Copy, zone: str, name: str, given: Sequence[str]) -> None:
    """Make a name and sign it, as external-dns does with some arguments."""
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": record}
        for record in written(given, "ingress/shop/web", name, ELSEWHERE)
    ]
    copy.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
